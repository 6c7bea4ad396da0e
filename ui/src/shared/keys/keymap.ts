/** The keymap: every action that has a key, a person's changes to it, and conflicts between them. */

/** Where an action's keys are heard. `global` is heard everywhere. */
export type KeyScope = "global" | "library" | "crops" | "map" | "annotate" | "project" | "settings" | "start";

/** Something that a key does. */
export interface KeyAction {
  /** Stable: a person's changed keys are stored under it. */
  readonly id: string;
  readonly title: string;
  readonly scope: KeyScope;
  /** Keys as they come; the first one is shown. */
  readonly chords: readonly string[];
  /** Moves a cursor: listed among the keys, but no command of the palette. */
  readonly isMovement?: boolean;
}

/** A person's changes: action id to its chords. An empty list unbinds the action. */
export type KeyOverrides = Readonly<Record<string, readonly string[]>>;

/** Two actions that one chord would start in the same view. */
export interface KeyConflict {
  readonly chord: string;
  readonly actionIds: readonly string[];
}

/** The actions with a person's changes applied. */
export function applyOverrides(actions: readonly KeyAction[], overrides: KeyOverrides): KeyAction[] {
  return actions.map((action) => {
    const chords = overrides[action.id];
    return chords === undefined ? action : { ...action, chords };
  });
}

function scopesMeet(a: KeyScope, b: KeyScope): boolean {
  return a === b || a === "global" || b === "global";
}

/** Every chord that two actions of the same view share. */
export function findConflicts(actions: readonly KeyAction[]): KeyConflict[] {
  const byChord = new Map<string, KeyAction[]>();
  for (const action of actions) {
    for (const chord of action.chords) byChord.set(chord, [...(byChord.get(chord) ?? []), action]);
  }
  const conflicts: KeyConflict[] = [];
  for (const [chord, sharing] of byChord) {
    const meeting = sharing.filter((a) => sharing.some((b) => a !== b && scopesMeet(a.scope, b.scope)));
    if (meeting.length > 1) conflicts.push({ chord, actionIds: meeting.map((action) => action.id) });
  }
  return conflicts;
}
