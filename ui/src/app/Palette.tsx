/** The command palette: everything that can be done now, found by a few letters. */
import { CornerDownLeft, Search } from "lucide-react";
import { useEffect, useId, useRef, useState, type KeyboardEvent } from "react";
import { Kbd } from "../shared/components/Kbd";
import { ModalFrame } from "../shared/components/Dialog";
import { Highlight } from "../shared/components/small";
import { useRunnableActions, type RunnableAction } from "../shared/keys/KeymapProvider";

interface Entry {
  readonly id: string;
  readonly title: string;
  readonly chord: string | undefined;
  readonly run: () => void;
}

/** Best first: the beginning of the title, then of a word, then anywhere, then letters in order. */
function rank(title: string, typed: string): number {
  const text = title.toLowerCase();
  if (typed === "") return 1;
  const at = text.indexOf(typed);
  if (at === 0) return 4;
  if (at > 0) return text[at - 1] === " " ? 3 : 2;
  let from = 0;
  for (const letter of typed) {
    const found = text.indexOf(letter, from);
    if (found < 0) return 0;
    from = found + 1;
  }
  return 1;
}

function entriesOf(actions: readonly RunnableAction[], typed: string, onSearch: (text: string) => void): Entry[] {
  const wanted = typed.trim().toLowerCase();
  const commands = actions
    .filter(({ action }) => action.id !== "app.palette")
    .map(({ action, run }) => ({ id: action.id, title: action.title, chord: action.chords[0], run, rank: rank(action.title, wanted) }))
    .filter((entry) => entry.rank > 0)
    .sort((a, b) => b.rank - a.rank);
  if (wanted === "") return commands;
  return [...commands, { id: "search", title: `Search the library for “${typed.trim()}”`, chord: undefined, run: () => onSearch(typed.trim()) }];
}

/** Opens over everything; runs after it has closed, so that the command finds the view as it was. */
export function Palette({ onClose, onSearch }: { readonly onClose: () => void; readonly onSearch: (text: string) => void }) {
  const runnable = useRunnableActions();
  const [actions] = useState(runnable);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const entries = entriesOf(actions, typed, onSearch);
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    onClose();
    setTimeout(entry.run, 0);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((last) => (entries.length === 0 ? 0 : (last + step + entries.length) % entries.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(entries[chosen]);
    }
  };
  return (
    <ModalFrame label="Commands" className="pop palette" top onClose={onClose} testId="palette">
      <div className="palette-input">
        <Search size={16} aria-hidden="true" />
        <input
          data-autofocus
          data-testid="palette-input"
          role="combobox"
          aria-label="Find a command"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={entries.length > 0 ? `${listId}-${chosen}` : undefined}
          placeholder="Find a command"
          value={typed}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.target.value);
            setChosen(0);
          }}
          onKeyDown={onKeyDown}
        />
        <Kbd chord="Esc" />
      </div>
      <div className="palette-list" id={listId} role="listbox" aria-label="Commands" ref={list}>
        {entries.map((entry, index) => (
          <div key={entry.id} id={`${listId}-${index}`} role="option" aria-selected={index === chosen} className={index === chosen ? "mrow on" : "mrow"} onPointerMove={() => setChosen(index)} onClick={() => run(entry)}>
            {entry.id === "search" ? <Search size={14} aria-hidden="true" /> : null}
            <span className="ell">
              <Highlight text={entry.title} part={typed.trim()} />
            </span>
            {entry.chord === undefined ? null : (
              <span className="n">
                <Kbd chord={entry.chord} />
              </span>
            )}
          </div>
        ))}
        {entries.length === 0 ? <p className="t3 palette-none">No command has that name.</p> : null}
      </div>
      <div className="mfoot" aria-hidden="true">
        <span className="row">
          <CornerDownLeft size={12} /> run
        </span>
        <span>
          <Kbd chord="Up" /> <Kbd chord="Down" /> choose
        </span>
        <span className="palette-count">{entries.length} commands</span>
      </div>
    </ModalFrame>
  );
}
