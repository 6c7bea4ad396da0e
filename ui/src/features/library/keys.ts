/** The keys of the library view. */
import type { KeyAction } from "../../shared/keys/keymap";

const action = (id: string, title: string, ...chords: string[]): KeyAction => ({ id: `library.${id}`, title, scope: "library", chords });
const movement = (id: string, title: string, ...chords: string[]): KeyAction => ({ ...action(id, title, ...chords), isMovement: true });

/** Every action of the library view. */
export const libraryKeys: readonly KeyAction[] = [
  action("query", "Write a query", "/", "Ctrl+F"),
  action("open", "Open in Annotate", "Enter"),
  action("toggle", "Select or deselect", "Space", "X"),
  action("selectAll", "Select all", "Ctrl+A"),
  action("selectGroup", "Select the group", "Ctrl+Shift+A"),
  action("clear", "Clear the selection", "Esc"),
  action("tag", "Tag", "T"),
  action("pick", "Save a pick", "P"),
  action("offline", "Take offline", "O"),
  action("field", "Set a field", "Shift+F"),
  action("prelabel", "Pre-label", "M"),
  action("export", "Export", "Ctrl+E"),
  action("showNew", "Show new captures", "N"),
  action("saveSlice", "Save the query as a slice", "Ctrl+S"),
  action("group", "Group by", "G"),
  action("overlays", "Draw annotations on the thumbnails", "B"),
  action("tabGrid", "Grid", "Shift+1"),
  action("tabCrops", "Crops", "Shift+2"),
  action("tabMap", "Map", "Shift+3"),
  action("facets", "Fold or open the facets", "["),
  action("details", "Fold or open the details", "]"),
  action("larger", "Larger thumbnails", "Ctrl+=", "Ctrl++"),
  action("smaller", "Smaller thumbnails", "Ctrl+-"),
  action("undo", "Undo", "Ctrl+Z"),
  action("redo", "Redo", "Ctrl+Shift+Z", "Ctrl+Y"),
  movement("left", "Previous capture", "Left", "D"),
  movement("right", "Next capture", "Right", "F"),
  movement("up", "Row above", "Up"),
  movement("down", "Row below", "Down"),
  movement("extendLeft", "Extend to the previous capture", "Shift+Left"),
  movement("extendRight", "Extend to the next capture", "Shift+Right"),
  movement("extendUp", "Extend to the row above", "Shift+Up"),
  movement("extendDown", "Extend to the row below", "Shift+Down"),
  movement("first", "First capture", "Home"),
  movement("last", "Last capture", "End"),
  movement("pageUp", "One screen up", "PageUp"),
  movement("pageDown", "One screen down", "PageDown"),
];
