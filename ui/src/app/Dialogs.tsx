/** Shows the dialog that is open. */
import { useBackend } from "../backend/context";
import { ConnectDialog, ExportDialog, ImportDialog } from "../features/exchange";
import { runQuery, useLibrary } from "../features/library";
import { PrelabelDialog } from "../features/models";
import type { KeyScope } from "../shared/keys/keymap";
import { KeySheet } from "./KeySheet";
import { Palette } from "./Palette";
import { goTo, openDialog, useWindow } from "./windowState";

/** At most one at a time. */
export function Dialogs({ scope }: { readonly scope: KeyScope }) {
  const backend = useBackend();
  const dialog = useWindow((state) => state.dialog);
  const close = () => openDialog(undefined);
  switch (dialog?.kind) {
    case undefined:
      return null;
    case "import":
      return <ImportDialog path={dialog.path} onClose={close} />;
    case "export":
      return <ExportDialog {...dialog.scope} onClose={close} />;
    case "prelabel":
      return <PrelabelDialog {...dialog.scope} onClose={close} />;
    case "connect":
      return <ConnectDialog onClose={close} />;
    case "palette":
      return (
        <Palette
          onClose={close}
          onSearch={(text) => {
            useLibrary.setState({ text });
            goTo("library");
            void runQuery(backend);
          }}
        />
      );
    case "keys":
      return <KeySheet scope={scope} onClose={close} />;
  }
}
