/** Every key, with its action: press a new one to change it. Conflicts are shown beside both actions. */
import { RotateCcw } from "lucide-react";
import { useMemo, useState, type KeyboardEvent } from "react";
import { Button, IconButton } from "../../shared/components/Button";
import { Kbd } from "../../shared/components/Kbd";
import { Highlight } from "../../shared/components/small";
import { chordsOf, isModifierOnly } from "../../shared/keys/chord";
import { useKeyActions } from "../../shared/keys/KeymapProvider";
import { findConflicts, type KeyAction, type KeyScope } from "../../shared/keys/keymap";

const SCOPES: Readonly<Record<KeyScope, string>> = {
  global: "Everywhere",
  library: "Library",
  crops: "Crops",
  map: "Map",
  annotate: "Annotate",
  project: "Project",
  settings: "Settings",
  start: "First start",
};

function KeyRow(props: {
  readonly action: KeyAction;
  readonly filter: string;
  readonly conflict: string | undefined;
  readonly isChanged: boolean;
  readonly onSet: (chord: string) => void;
  readonly onReset: () => void;
}) {
  const { action, filter, conflict, isChanged, onSet, onReset } = props;
  const [isListening, setIsListening] = useState(false);
  const listen = (event: KeyboardEvent) => {
    if (!isListening) return;
    event.preventDefault();
    event.stopPropagation();
    if (isModifierOnly(event.nativeEvent)) return;
    setIsListening(false);
    if (event.key === "Escape") return;
    if (event.key === "Backspace") return onSet("");
    const chord = chordsOf(event.nativeEvent)[0];
    if (chord !== undefined) onSet(chord);
  };
  return (
    <div className="key-row" data-testid="key-row" data-action={action.id}>
      <div className="grow">
        <Highlight text={action.title} part={filter} />
        {conflict === undefined ? null : <p className="warn small-text">{conflict}</p>}
      </div>
      {isChanged ? (
        <IconButton label="Back to the first key" small onClick={onReset}>
          <RotateCcw size={12} />
        </IconButton>
      ) : null}
      <button
        type="button"
        className="field key-field"
        data-tip={isListening ? "Press the new key. Esc keeps the old one, Backspace removes it." : "Change the key"}
        aria-label={`Key of ${action.title}: ${action.chords.join(", ") || "none"}`}
        onClick={() => setIsListening(true)}
        onBlur={() => setIsListening(false)}
        onKeyDown={listen}
      >
        {isListening ? <span className="acc">press a key</span> : action.chords.length === 0 ? <span className="t3">none</span> : action.chords.map((chord) => <Kbd key={chord} chord={chord} />)}
      </button>
    </div>
  );
}

/** The list. Changes are stored as chords with a space between. */
export function KeysSection({ overrides, onChange }: { readonly overrides: Readonly<Record<string, string>>; readonly onChange: (keys: Record<string, string>) => void }) {
  const actions = useKeyActions();
  const [filter, setFilter] = useState("");
  const conflicts = useMemo(() => findConflicts(actions), [actions]);
  const wanted = filter.trim().toLowerCase();
  const shown = actions.filter((action) => wanted === "" || action.title.toLowerCase().includes(wanted) || action.chords.some((chord) => chord.toLowerCase() === wanted));
  const conflictOf = (action: KeyAction) => {
    const mine = conflicts.find((conflict) => conflict.actionIds.includes(action.id));
    const others = actions.filter((other) => other.id !== action.id && mine?.actionIds.includes(other.id) === true);
    return mine === undefined ? undefined : `${mine.chord.replaceAll("+", " ")} is also ${others.map((other) => `“${other.title}”`).join(", ")}`;
  };
  const without = (id: string) => Object.fromEntries(Object.entries(overrides).filter(([known]) => known !== id));
  return (
    <section>
      <div className="row section-head">
        <h2 className="grow">Keys</h2>
        <input className="field" aria-label="Find a key or an action" placeholder="Find an action" value={filter} onChange={(event) => setFilter(event.target.value)} />
        <Button size="small" disabled={Object.keys(overrides).length === 0} onClick={() => onChange({})} tip="All keys as they came">
          Reset all
        </Button>
      </div>
      {conflicts.length === 0 ? null : <p className="warn small-text key-conflicts">{conflicts.length === 1 ? "One key does two things." : `${conflicts.length} keys do two things.`} The view on screen decides which.</p>}
      <div className="card">
        {(Object.keys(SCOPES) as KeyScope[]).map((scope) => {
          const rows = shown.filter((action) => action.scope === scope);
          if (rows.length === 0) return null;
          return (
            <div key={scope}>
              <div className="key-scope">{SCOPES[scope]}</div>
              {rows.map((action) => (
                <KeyRow
                  key={action.id}
                  action={action}
                  filter={filter.trim()}
                  conflict={conflictOf(action)}
                  isChanged={overrides[action.id] !== undefined}
                  onSet={(chord) => onChange({ ...overrides, [action.id]: chord })}
                  onReset={() => onChange(without(action.id))}
                />
              ))}
            </div>
          );
        })}
        {shown.length === 0 ? <p className="t3 key-none">No action has that name.</p> : null}
      </div>
    </section>
  );
}
