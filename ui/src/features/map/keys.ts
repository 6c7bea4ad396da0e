/** The keys of the map. */
import type { KeyAction } from "../../shared/keys/keymap";

const action = (id: string, title: string, ...chords: string[]): KeyAction => ({ id: `map.${id}`, title, scope: "map", chords });

/** Every action of the map. */
export const mapKeys: readonly KeyAction[] = [
  action("fit", "Show the whole map", "0"),
  action("nearer", "Nearer", "+", "="),
  action("farther", "Farther", "-"),
  action("lasso", "Choose with a lasso", "V"),
  action("hand", "Move the map", "H"),
  action("open", "Open in Annotate", "Enter"),
];
