/** Drawn behind the transparent text of the query bar: each term on its chip, the field fainter, the fault underlined. */
import type { ReactNode } from "react";
import { termsOf } from "./terms";

interface Stretch {
  readonly start: number;
  readonly end: number;
}

function marked(text: string, stretch: Stretch, wrong: Stretch | undefined): ReactNode {
  if (wrong === undefined || wrong.end <= stretch.start || wrong.start >= stretch.end) return text.slice(stretch.start, stretch.end);
  const from = Math.max(stretch.start, wrong.start);
  const to = Math.min(stretch.end, wrong.end);
  return (
    <>
      {text.slice(stretch.start, from)}
      <span className="query-wrong">{text.slice(from, to)}</span>
      {text.slice(to, stretch.end)}
    </>
  );
}

/** The marked copy of the text. */
export function MarkedQuery(props: { readonly text: string; readonly scrollPx: number; readonly wrong: Stretch | undefined }) {
  const { text, scrollPx, wrong } = props;
  const parts: ReactNode[] = [];
  let at = 0;
  for (const term of termsOf(text)) {
    if (term.start > at) parts.push(<span key={`g${at}`}>{marked(text, { start: at, end: term.start }, wrong)}</span>);
    if (term.field === undefined) {
      parts.push(<span key={term.start}>{marked(text, term, wrong)}</span>);
    } else {
      parts.push(
        <span key={term.start} className="query-term">
          <span className="query-field">{marked(text, { start: term.start, end: term.valueStart }, wrong)}</span>
          {marked(text, { start: term.valueStart, end: term.end }, wrong)}
        </span>,
      );
    }
    at = term.end;
  }
  if (at < text.length) parts.push(<span key={`g${at}`}>{marked(text, { start: at, end: text.length }, wrong)}</span>);
  return (
    <div className="query-marked" aria-hidden="true">
      <div style={{ transform: `translateX(${-scrollPx}px)` }}>{parts}</div>
    </div>
  );
}
