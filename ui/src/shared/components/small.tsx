/** Small parts that several views share. */
import { ChevronDown, ChevronRight } from "lucide-react";
import type { ReactNode } from "react";

/** A class colour. */
export function Swatch({ color }: { readonly color: string }) {
  return <i className="swatch" style={{ background: color }} aria-hidden="true" />;
}

/** How far something is: `fraction` from 0 to 1, or undefined while the end is unknown. */
export function ProgressBar({ fraction, label }: { readonly fraction: number | undefined; readonly label: string }) {
  const percent = fraction === undefined ? undefined : Math.round(Math.max(0, Math.min(1, fraction)) * 100);
  return (
    <div className={percent === undefined ? "pbar unknown" : "pbar"} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <i style={percent === undefined ? undefined : { width: `${percent}%` }} />
    </div>
  );
}

/** What a view shows when it has nothing: the fact and what to do next. */
export function EmptyState(props: { readonly title: string; readonly children?: ReactNode; readonly actions?: ReactNode }) {
  return (
    <div className="empty-state">
      <h2>{props.title}</h2>
      {props.children === undefined ? null : <p className="t2">{props.children}</p>}
      {props.actions === undefined ? null : <div className="actions">{props.actions}</div>}
    </div>
  );
}

/** A titled part of a side panel that can be folded. */
export function FoldSection(props: {
  readonly title: string;
  readonly aside?: ReactNode;
  readonly icon?: ReactNode;
  readonly open: boolean;
  readonly onToggle: () => void;
  readonly children: ReactNode;
}) {
  const { title, aside, icon, open, onToggle, children } = props;
  return (
    <section className="sec">
      <button type="button" className="sec-head" aria-expanded={open} onClick={onToggle}>
        {open ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
        {icon}
        {title}
        <span className="aside">{aside}</span>
      </button>
      {open ? children : null}
    </section>
  );
}

/** Marks the part of `text` that equals what was typed. */
export function Highlight({ text, part }: { readonly text: string; readonly part: string }) {
  const at = part === "" ? -1 : text.toLowerCase().indexOf(part.toLowerCase());
  if (at < 0) return <>{text}</>;
  return (
    <>
      {text.slice(0, at)}
      <mark>{text.slice(at, at + part.length)}</mark>
      {text.slice(at + part.length)}
    </>
  );
}
