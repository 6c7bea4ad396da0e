/** Every key of the Annotate view. */
import type { KeyAction } from "../../shared/keys/keymap";

const CLASS_KEYS: readonly KeyAction[] = Array.from({ length: 9 }, (_, at) => ({
  id: `annotate.class${at + 1}`,
  title: `Set class ${at + 1}, or choose it for the next box`,
  scope: "annotate",
  chords: [String(at + 1)],
}));

const action = (name: string, title: string, ...chords: string[]): KeyAction => ({
  id: `annotate.${name}`,
  title,
  scope: "annotate",
  chords,
});

const movement = (name: string, title: string, ...chords: string[]): KeyAction => ({ ...action(name, title, ...chords), isMovement: true });

export const annotateKeys: readonly KeyAction[] = [
  action("accept", "Accept", "A"),
  action("reject", "Reject", "X"),
  action("acceptAbove", "Accept all proposals above .80", "Shift+A"),
  action("class", "Search and set the class", "C"),
  ...CLASS_KEYS,
  action("delete", "Delete, or reject a proposal", "Delete", "Backspace"),
  movement("nextObject", "Next object (on the canvas)", "Tab"),
  movement("previousObject", "Previous object (on the canvas)", "Shift+Tab"),
  action("selectAll", "Select all objects", "Ctrl+A"),
  action("toolSelect", "Select tool", "V"),
  action("toolHand", "Pan tool", "H"),
  action("toolBox", "Box tool", "R"),
  movement("left", "Nudge left", "Left"),
  movement("right", "Nudge right", "Right"),
  movement("up", "Nudge up", "Up"),
  movement("down", "Nudge down", "Down"),
  movement("farLeft", "Nudge left by 10", "Shift+Left"),
  movement("farRight", "Nudge right by 10", "Shift+Right"),
  movement("farUp", "Nudge up by 10", "Shift+Up"),
  movement("farDown", "Nudge down by 10", "Shift+Down"),
  action("undo", "Undo", "Ctrl+Z"),
  action("redo", "Redo", "Ctrl+Shift+Z", "Ctrl+Y"),
  movement("cancel", "Cancel the gesture, or let go", "Esc"),
  action("next", "Next capture", "F"),
  action("previous", "Previous capture", "D"),
  action("submit", "Submit and go to the next", "Ctrl+Enter"),
  action("skip", "Skip with a reason", "S"),
  action("escalate", "Escalate with a reason", "Shift+S"),
  action("fit", "Show the whole picture", "0"),
  action("actualSize", "One pixel to one pixel", "Shift+0"),
  action("zoomIn", "Zoom in", "+", "="),
  action("zoomOut", "Zoom out", "-"),
  movement("pan", "Hold and drag to pan", "Space"),
  action("rejected", "Show or hide rejected objects", "J"),
  action("foldTools", "Fold the tools", "["),
  action("foldPanel", "Fold the object panel", "]"),
  movement("regions", "Go to the next part of the view", "F6"),
];
