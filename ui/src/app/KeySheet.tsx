/** The keys of the view on screen. */
import { Button } from "../shared/components/Button";
import { Dialog } from "../shared/components/Dialog";
import { Kbd } from "../shared/components/Kbd";
import { useKeyActions } from "../shared/keys/KeymapProvider";
import type { KeyScope } from "../shared/keys/keymap";
import { goTo } from "./windowState";

const TITLES: Partial<Record<KeyScope, string>> = { library: "Library", crops: "Crops", map: "Map", annotate: "Annotate", global: "Everywhere" };

/** A sheet with the keys of `scope`, then those of the whole window. */
export function KeySheet({ scope, onClose }: { readonly scope: KeyScope; readonly onClose: () => void }) {
  const actions = useKeyActions();
  const scopes = [...new Set<KeyScope>([scope, "global"])];
  return (
    <Dialog
      title="Keys of this view"
      wide
      onClose={onClose}
      testId="key-sheet"
      footer={
        <Button
          onClick={() => {
            onClose();
            goTo("settings");
          }}
        >
          Change keys
        </Button>
      }
    >
      {scopes.map((each) => {
        const rows = actions.filter((action) => action.scope === each && action.chords.length > 0);
        if (rows.length === 0) return null;
        return (
          <section key={each}>
            <h3 className="sheet-head">{TITLES[each] ?? each}</h3>
            <dl className="sheet">
              {rows.map((action) => (
                <div key={action.id}>
                  <dt className="ell">{action.title}</dt>
                  <dd>
                    {action.chords.map((chord) => (
                      <Kbd key={chord} chord={chord} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        );
      })}
    </Dialog>
  );
}
