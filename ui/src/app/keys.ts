/** The whole keymap: what the application hears everywhere, and the keys of each view. */
import { annotateKeys } from "../features/annotate/keys";
import { cropKeys } from "../features/crops";
import { libraryKeys } from "../features/library";
import { mapKeys } from "../features/map";
import { startKeys } from "../features/start";
import type { KeyAction } from "../shared/keys/keymap";

const action = (id: string, title: string, ...chords: string[]): KeyAction => ({ id: `app.${id}`, title, scope: "global", chords });

/** Every action of the window. */
export const allKeys: readonly KeyAction[] = [
  action("palette", "Commands", "Ctrl+K", "Ctrl+Shift+P"),
  action("keys", "Keys of this view", "?", "F1"),
  action("library", "Library", "Ctrl+1"),
  action("annotate", "Annotate", "Ctrl+2"),
  action("project", "Project", "Ctrl+3"),
  action("settings", "Settings", "Ctrl+,"),
  action("import", "Import captures", "Ctrl+I"),
  action("connect", "Connect a service"),
  action("openLibrary", "Open another library", "Ctrl+O"),
  action("theme", "Change between dark and light"),
  action("jobs", "Show jobs", "Ctrl+J"),
  ...libraryKeys,
  ...cropKeys,
  ...mapKeys,
  ...annotateKeys,
  ...startKeys,
];
