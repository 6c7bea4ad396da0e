import { describe, expect, it } from "vitest";
import { chordParts, chordsOf, type KeyPress } from "./chord";
import { applyOverrides, findConflicts, type KeyAction } from "./keymap";

const press = (key: string, code: string, held: Partial<KeyPress> = {}): KeyPress => ({ key, code, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });

describe("chordsOf", () => {
  it.each([
    ["a letter", press("f", "KeyF"), "F"],
    ["a letter with Shift", press("A", "KeyA", { shiftKey: true }), "Shift+A"],
    ["Ctrl and Shift", press("Z", "KeyZ", { ctrlKey: true, shiftKey: true }), "Ctrl+Shift+Z"],
    ["Command on a Mac", press("k", "KeyK", { metaKey: true }), "Ctrl+K"],
    ["AZERTY: what is printed on the key", press("a", "KeyQ"), "A"],
    ["Cyrillic: the position", press("а", "KeyF"), "F"],
    ["a digit on AZERTY needs no Shift", press("&", "Digit1"), "1"],
    ["a bracket", press("[", "BracketLeft"), "["],
    ["a bracket on a Cyrillic layout", press("х", "BracketLeft"), "["],
    ["a question mark", press("?", "Slash", { shiftKey: true }), "?"],
    ["the space bar", press(" ", "Space"), "Space"],
    ["an arrow with Shift", press("ArrowLeft", "ArrowLeft", { shiftKey: true }), "Shift+Left"],
    ["Ctrl and plus", press("+", "Equal", { ctrlKey: true, shiftKey: true }), "Ctrl++"],
    ["Ctrl and a comma", press(",", "Comma", { ctrlKey: true }), "Ctrl+,"],
  ])("%s", (_name, event, expected) => {
    expect(chordsOf(event)).toContain(expected);
  });

  it("splits a chord into key caps", () => {
    expect([chordParts("Ctrl+Shift+Z"), chordParts("Ctrl++"), chordParts("+"), chordParts("?")]).toEqual([["Ctrl", "Shift", "Z"], ["Ctrl", "+"], ["+"], ["?"]]);
  });
});

describe("keymap", () => {
  const actions: KeyAction[] = [
    { id: "a", title: "A", scope: "library", chords: ["X"] },
    { id: "b", title: "B", scope: "annotate", chords: ["X"] },
    { id: "c", title: "C", scope: "global", chords: ["Ctrl+K"] },
  ];

  it("lets two views use one key, but not one view twice", () => {
    expect(findConflicts(actions)).toEqual([]);
    expect(findConflicts(applyOverrides(actions, { c: ["X"] }))).toEqual([{ chord: "X", actionIds: ["a", "b", "c"] }]);
  });

  it("unbinds with an empty list", () => {
    expect(applyOverrides(actions, { a: [] })[0]?.chords).toEqual([]);
  });
});
