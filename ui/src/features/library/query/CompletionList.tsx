/** What could stand at the cursor, with counts. */
import { Filter, Flag, Search } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Completion } from "../../../backend/backend";
import { Kbd } from "../../../shared/components/Kbd";
import { Highlight } from "../../../shared/components/small";
import { formatCount } from "../../../shared/format";

const HEADINGS: Readonly<Record<Completion["kind"], string>> = { field: "Fields", value: "Values", text: "Or" };
const ICONS = { field: Filter, value: Flag, text: Search } as const;

/** The list. The mouse picks with pointer down, so that the bar keeps the focus. */
export function CompletionList(props: {
  readonly id: string;
  readonly completions: readonly Completion[];
  readonly typed: string;
  readonly chosen: number | undefined;
  readonly onPick: (completion: Completion) => void;
}) {
  const { id, completions, typed, chosen, onPick } = props;
  const list = useRef<HTMLDivElement>(null);
  const most = Math.max(1, ...completions.map((completion) => completion.count ?? 0));
  useEffect(() => {
    if (chosen !== undefined) list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [chosen]);
  return (
    <div className="pop completions">
      <div id={id} role="listbox" aria-label="Completions" className="completion-list" ref={list}>
        {completions.map((completion, index) => {
          const Icon = ICONS[completion.kind];
          const isFirstOfKind = completions[index - 1]?.kind !== completion.kind;
          const isChosen = index === (chosen ?? 0);
          return (
            <div key={`${completion.kind}:${completion.insert}`} role="presentation">
              {isFirstOfKind ? (
                <div className="mhead" role="presentation">
                  {HEADINGS[completion.kind]}
                  {completion.kind === "value" ? <span className="completion-note">captures</span> : null}
                </div>
              ) : null}
              <div
                id={`${id}-${index}`}
                role="option"
                data-testid="completion"
                aria-selected={isChosen}
                className={isChosen ? "mrow on" : "mrow"}
                onPointerDown={(event) => {
                  event.preventDefault();
                  onPick(completion);
                }}
              >
                <Icon size={14} aria-hidden="true" />
                <span className="ell">
                  <Highlight text={completion.label} part={typed} />
                </span>
                {completion.hint === null ? null : <span className="t3 ell completion-hint">{completion.hint}</span>}
                {completion.count === null ? null : (
                  <>
                    <span className="completion-bar" aria-hidden="true">
                      <i style={{ width: `${Math.max(2, (100 * completion.count) / most)}%` }} />
                    </span>
                    <span className="n">{formatCount(completion.count)}</span>
                  </>
                )}
              </div>
            </div>
          );
        })}
      </div>
      <div className="mfoot" aria-hidden="true">
        <span>
          <Kbd chord="Up" /> <Kbd chord="Down" /> choose
        </span>
        <span>
          <Kbd chord="Tab" /> complete
        </span>
        <span>
          <Kbd chord="Alt+Enter" /> exclude
        </span>
        <span>
          <Kbd chord="Enter" /> search
        </span>
      </div>
    </div>
  );
}
