/**
 * Key chords: how a key press is written ("Ctrl+Shift+Z", "F", "[", "Space") and matched.
 *
 * A Latin letter is matched by what the keyboard prints. On a layout that prints none there (Cyrillic, Greek)
 * the physical position decides, as it does for digits, so that one set of keys works everywhere.
 */


type Modifier = "Ctrl" | "Alt" | "Shift";

const NAMED_CODES: Readonly<Record<string, string>> = {
  BracketLeft: "[",
  BracketRight: "]",
  Slash: "/",
  Backslash: "\\",
  Comma: ",",
  Period: ".",
  Semicolon: ";",
  Quote: "'",
  Minus: "-",
  Equal: "=",
  Backquote: "`",
};

const NAMED_KEYS: Readonly<Record<string, string>> = {
  " ": "Space",
  Escape: "Esc",
  ArrowLeft: "Left",
  ArrowRight: "Right",
  ArrowUp: "Up",
  ArrowDown: "Down",
};

/** What of a keyboard event matters here; a plain object in tests. */
export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

function keyNames(press: KeyPress): { names: string[]; shiftIsPartOfKey: boolean } {
  const { key, code } = press;
  const named = NAMED_KEYS[key];
  if (named !== undefined) return { names: [named], shiftIsPartOfKey: false };
  if (/^Digit[0-9]$|^Numpad[0-9]$/.test(code)) return { names: [code.slice(-1)], shiftIsPartOfKey: false };
  if (/^[a-zA-Z]$/.test(key)) return { names: [key.toUpperCase()], shiftIsPartOfKey: false };
  if (key.length === 1 && key.charCodeAt(0) < 128) return { names: [key], shiftIsPartOfKey: true };
  if (/^Key[A-Z]$/.test(code)) return { names: [code.slice(3)], shiftIsPartOfKey: false };
  const byPosition = NAMED_CODES[code];
  if (byPosition !== undefined) return { names: [byPosition], shiftIsPartOfKey: false };
  return { names: key.length > 1 ? [key] : [], shiftIsPartOfKey: false };
}

/** Every way to write the key press; the first is the one to store when a person rebinds a key. */
export function chordsOf(press: KeyPress): string[] {
  const { names, shiftIsPartOfKey } = keyNames(press);
  const held: Modifier[] = [];
  if (press.ctrlKey || press.metaKey) held.push("Ctrl");
  if (press.altKey) held.push("Alt");
  const chords: string[] = [];
  for (const name of names) {
    if (shiftIsPartOfKey) chords.push([...held, name].join("+"));
    if (press.shiftKey) chords.push([...held, "Shift", name].join("+"));
    else if (!shiftIsPartOfKey) chords.push([...held, name].join("+"));
  }
  return chords;
}

/** Whether the key press is a modifier alone, which is never a chord. */
export function isModifierOnly(press: KeyPress): boolean {
  return ["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Dead"].includes(press.key);
}

/** The parts of a chord to show, one key cap each. */
export function chordParts(chord: string): string[] {
  if (chord.endsWith("++")) return [...chord.slice(0, -2).split("+"), "+"];
  if (chord === "+") return ["+"];
  return chord.split("+");
}

const SYMBOLS: Readonly<Record<string, string>> = { Left: "←", Right: "→", Up: "↑", Down: "↓" };

/** The text on one key cap. */
export function keyCap(part: string): string {
  return SYMBOLS[part] ?? part;
}
