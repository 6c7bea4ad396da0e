/** The frame of a view: top bar, body and status line, with what the application adds to each. */
import { createContext, useContext, type ReactNode } from "react";
import { Kbd } from "./Kbd";
import { useChord } from "../keys/KeymapProvider";
import "./frame.css";

/** What stands in the bars of every view. */
export interface Chrome {
  /** Left end of the top bar. */
  readonly topStart: ReactNode;
  /** Right end of the top bar. */
  readonly topEnd: ReactNode;
  /** Left end of the status line. */
  readonly statusStart: ReactNode;
}

const ChromeContext = createContext<Chrome>({ topStart: null, topEnd: null, statusStart: null });

/** Sets what stands in the bars of every view below. */
export function ChromeProvider({ chrome, children }: { readonly chrome: Chrome; readonly children: ReactNode }) {
  return <ChromeContext value={chrome}>{children}</ChromeContext>;
}

/** What the application adds, for a view that lays out its own bars. */
export function useChrome(): Chrome {
  return useContext(ChromeContext);
}

/** A key with a word, for the status line. */
export function KeyHint({ action, text, wide = false }: { readonly action: string; readonly text: string; readonly wide?: boolean }) {
  const chord = useChord(action);
  if (chord === undefined) return null;
  return (
    <span className={wide ? "status-item only-wide" : "status-item"}>
      <Kbd chord={chord} /> {text}
    </span>
  );
}

/** Lays out a view. `hints` are the keys that matter now. */
export function ViewFrame(props: {
  readonly top: ReactNode;
  readonly hints?: ReactNode;
  readonly status?: ReactNode;
  readonly children: ReactNode;
  readonly testId?: string;
}) {
  const chrome = useContext(ChromeContext);
  return (
    <div className="view-frame" data-testid={props.testId}>
      <header className="topbar">
        {chrome.topStart}
        {props.top}
        {chrome.topEnd}
      </header>
      <div className="view-body">{props.children}</div>
      <footer className="status">
        {chrome.statusStart}
        {props.status}
        <span className="grow" />
        {props.hints}
        <KeyHint action="app.palette" text="commands" />
        <KeyHint action="app.keys" text="keys" />
      </footer>
    </div>
  );
}
