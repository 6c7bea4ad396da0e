/** The keys of the crops. */
import type { KeyAction } from "../../shared/keys/keymap";

const action = (id: string, title: string, ...chords: string[]): KeyAction => ({ id: `crops.${id}`, title, scope: "crops", chords });
const movement = (id: string, title: string, ...chords: string[]): KeyAction => ({ ...action(id, title, ...chords), isMovement: true });

/** Every action of the crops. */
export const cropKeys: readonly KeyAction[] = [
  action("accept", "Accept", "A"),
  action("reject", "Reject", "X"),
  action("class", "Give a class", "C"),
  action("open", "Open in Annotate", "Enter"),
  action("similar", "Find what looks alike", "S"),
  action("toggle", "Select or deselect", "Space"),
  action("selectAll", "Select all", "Ctrl+A"),
  action("clear", "Clear the selection", "Esc"),
  action("larger", "Larger crops", "Ctrl+=", "Ctrl++"),
  action("smaller", "Smaller crops", "Ctrl+-"),
  movement("left", "Previous", "Left", "D"),
  movement("right", "Next", "Right", "F"),
  movement("up", "Row above", "Up"),
  movement("down", "Row below", "Down"),
  movement("extendLeft", "Extend to the previous", "Shift+Left"),
  movement("extendRight", "Extend to the next", "Shift+Right"),
  movement("extendUp", "Extend to the row above", "Shift+Up"),
  movement("extendDown", "Extend to the row below", "Shift+Down"),
  movement("first", "First", "Home"),
  movement("last", "Last", "End"),
  ...Array.from({ length: 9 }, (_, at) => movement(`class${at + 1}`, `Give class ${at + 1}`, `${at + 1}`)),
];
