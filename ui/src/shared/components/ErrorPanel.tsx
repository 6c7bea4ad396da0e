/** An error: the fact, then what to do, then the technical part, folded. */
import { ChevronDown, ChevronRight, Copy, OctagonAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "./Button";

/** What a person is told about an error. */
export interface ErrorNotice {
  readonly fact: string;
  readonly remedy?: string | undefined;
  readonly technical?: string | undefined;
}

/** Shows an error inside a view or a dialog. */
export function ErrorPanel({ notice, actions }: { readonly notice: ErrorNotice; readonly actions?: ReactNode }) {
  const [open, setOpen] = useState(false);
  const { fact, remedy, technical } = notice;
  return (
    <div className="error-panel card" role="alert">
      <div className="error-fact">
        <OctagonAlert size={16} />
        <div className="grow selectable">
          <b>{fact}</b>
          {remedy === undefined ? null : <p className="t2">{remedy}</p>}
        </div>
      </div>
      {actions === undefined ? null : <div className="error-actions">{actions}</div>}
      {technical === undefined ? null : (
        <>
          <div className="row">
            <button type="button" className="fold grow" aria-expanded={open} onClick={() => setOpen(!open)}>
              {open ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
              Technical part
            </button>
            <Button variant="link" className="small-text" onClick={() => void navigator.clipboard.writeText(technical)}>
              <Copy size={12} />
              Copy
            </Button>
          </div>
          {open ? <pre className="selectable">{technical}</pre> : null}
        </>
      )}
    </div>
  );
}
