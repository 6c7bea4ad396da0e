/** The query bar: text with its terms marked, completion with counts, the fault under it, count and time in it. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Search, X } from "lucide-react";
import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent } from "react";
import type { Completion } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { IconButton } from "../../../shared/components/Button";
import { formatCounted } from "../../../shared/format";
import { useDebounced } from "../../../shared/hooks/hooks";
import { useKeys } from "../../../shared/keys/KeymapProvider";
import { runQuery, useLibrary } from "../store";
import { CompletionList } from "./CompletionList";
import { QueryFaultPanel } from "./QueryFaultPanel";
import { MarkedQuery } from "./MarkedQuery";
import "./query.css";

const RUN_AFTER_MS = 350;
const COMPLETE_AFTER_MS = 60;
const NONE: readonly Completion[] = [];

/** Positions in the application count characters, in JavaScript UTF-16 units. */
function unitsAt(text: string, characters: number): number {
  return [...text].slice(0, characters).join("").length;
}

function charactersAt(text: string, units: number): number {
  return [...text.slice(0, units)].length;
}

/** The bar. `onLeave` gives the focus back to the grid. */
export function QueryBar({ onLeave }: { readonly onLeave: () => void }) {
  const backend = useBackend();
  const text = useLibrary((state) => state.text);
  const shown = useLibrary((state) => state.shown);
  const fault = useLibrary((state) => state.fault);
  const input = useRef<HTMLInputElement>(null);
  const listId = useId();
  const [cursor, setCursor] = useState(0);
  const [scrollPx, setScrollPx] = useState(0);
  const [isOpen, setIsOpen] = useState(false);
  const [chosen, setChosen] = useState<number | undefined>(undefined);
  const [typed, setTyped] = useState(0);

  const settled = useDebounced(text, RUN_AFTER_MS);
  useEffect(() => {
    // Runs while a person types; a run started by Enter or a facet has already asked for this text.
    if (typed > 0 && settled === useLibrary.getState().text && settled !== useLibrary.getState().shown?.query) void runQuery(backend, { quietly: true });
  }, [backend, settled, typed]);

  const asked = useDebounced(useMemo(() => ({ text, cursor }), [text, cursor]), COMPLETE_AFTER_MS);
  const { data: offered } = useQuery({
    queryKey: ["complete", asked.text, asked.cursor],
    queryFn: async () => ({ of: asked, completions: await backend.completeQuery(asked.text, charactersAt(asked.text, asked.cursor)) }),
    enabled: isOpen,
    placeholderData: keepPreviousData,
    staleTime: 5000,
  });
  const completions = offered?.completions ?? NONE;
  const isListShown = isOpen && completions.length > 0;

  useKeys("library", {
    "library.query": () => {
      input.current?.focus();
      input.current?.select();
    },
  });

  const change = (next: string, nextCursor: number) => {
    useLibrary.setState({ text: next, fault: undefined });
    setCursor(nextCursor);
    setChosen(undefined);
    setTyped((count) => count + 1);
  };

  const accept = (completion: Completion, excluded: boolean) => {
    const start = unitsAt(text, completion.start);
    // What was typed since the list was made belongs to the word that is completed.
    const before = offered?.of.text.slice(0, offered.of.cursor) ?? "";
    const typedSince = text.startsWith(before) && cursor > before.length && !/\s/.test(text.slice(before.length, cursor)) ? cursor - before.length : 0;
    const end = unitsAt(text, completion.end) + typedSince;
    const termStart = text.slice(0, start).search(/\S*$/);
    const head = excluded && !text.startsWith("-", termStart) ? `${text.slice(0, termStart)}-${text.slice(termStart, start)}` : text.slice(0, start);
    const rest = text.slice(end);
    const isWhole = completion.kind === "value" && !/\s$/.test(completion.insert) && !/^[\s,)]/.test(rest);
    const insert = isWhole ? `${completion.insert} ` : completion.insert;
    const next = head + insert + rest;
    const nextCursor = head.length + insert.length;
    change(next, nextCursor);
    setIsOpen(completion.kind === "field");
    requestAnimationFrame(() => input.current?.setSelectionRange(nextCursor, nextCursor));
    if (completion.kind !== "field") void runQuery(backend, { quietly: true });
  };

  const run = () => {
    setIsOpen(false);
    setChosen(undefined);
    void runQuery(backend);
  };

  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const first = completions[chosen ?? 0];
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!isListShown) return setIsOpen(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      const from = chosen ?? (step > 0 ? -1 : completions.length);
      setChosen((from + step + completions.length) % completions.length);
    } else if (event.key === "Tab" && !event.shiftKey && isListShown && first !== undefined) {
      event.preventDefault();
      accept(first, false);
    } else if (event.key === "Enter" && event.altKey && isListShown && first !== undefined) {
      event.preventDefault();
      accept(first, true);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const picked = chosen === undefined ? undefined : completions[chosen];
      if (isListShown && picked !== undefined) accept(picked, false);
      else run();
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (isListShown) setIsOpen(false);
      else onLeave();
    }
  };

  const wrong = fault?.position === undefined ? undefined : { start: unitsAt(text, fault.position.start), end: unitsAt(text, fault.position.end) };
  return (
    <div className="query-bar-place">
      <div className={fault === undefined ? "query-bar field" : "query-bar field has-fault"} role="search">
        <Search size={16} aria-hidden="true" className="query-icon" />
        <div className="query-text">
          <MarkedQuery text={text} scrollPx={scrollPx} wrong={wrong} />
          <input
            ref={input}
            value={text}
            data-testid="query-input"
            role="combobox"
            aria-label="Query"
            aria-expanded={isListShown}
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={isListShown && chosen !== undefined ? `${listId}-${chosen}` : undefined}
            aria-invalid={fault !== undefined}
            placeholder="site:depot-1 class:person conf:>0.5 “words”"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => {
              change(event.target.value, event.target.selectionStart ?? event.target.value.length);
              setIsOpen(true);
            }}
            onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
            onScroll={(event) => setScrollPx(event.currentTarget.scrollLeft)}
            onBlur={() => setIsOpen(false)}
            onKeyDown={onKeyDown}
          />
        </div>
        {shown === undefined ? null : (
          <span className={shown.query === text ? "query-count t3" : "query-count t3 stale"} data-testid="result-count">
            {formatCounted(shown.result.total, "capture")}, {shown.result.elapsedMs < 1 ? "<1" : Math.round(shown.result.elapsedMs)} ms
          </span>
        )}
        {text === "" ? null : (
          <IconButton
            label="Clear the query"
            small
            onClick={() => {
              useLibrary.setState({ text: "" });
              run();
              input.current?.focus();
            }}
          >
            <X size={14} />
          </IconButton>
        )}
      </div>
      {isListShown ? <CompletionList id={listId} completions={completions} typed={/[\p{L}\p{N}_.-]*$/u.exec(text.slice(0, cursor))?.[0] ?? ""} chosen={chosen} onPick={(completion) => accept(completion, false)} /> : null}
      {fault === undefined || isListShown ? null : <QueryFaultPanel fault={fault} onRetry={run} />}
    </div>
  );
}
