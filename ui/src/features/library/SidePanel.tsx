/** A panel beside the result: open, or folded to a strip. */
import { PanelLeft, PanelRight } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "../../shared/components/Button";
import { useChord } from "../../shared/keys/KeymapProvider";

/** Where it is. */
export type Side = "facets" | "details";

const TITLES = { facets: "Facets", details: "Details" } as const;

/** The panel. */
export function SidePanel(props: { readonly side: Side; readonly isOpen: boolean; readonly onFold: () => void; readonly children: ReactNode }) {
  const { side, isOpen, onFold, children } = props;
  const action = `library.${side}`;
  const chord = useChord(action);
  const title = TITLES[side];
  const Icon = side === "facets" ? PanelLeft : PanelRight;
  return (
    <aside className={isOpen ? `panel ${side} open` : `panel ${side}`} aria-label={title}>
      {isOpen ? (
        <>
          <div className="panel-head">
            <span>{title}</span>
            <IconButton label={`Fold the ${side}`} small action={action} onClick={onFold}>
              <Icon size={14} />
            </IconButton>
          </div>
          {children}
        </>
      ) : (
        <button type="button" className="panel-strip" data-tip={`Open the ${side}`} data-tip-key={chord} onClick={onFold}>
          <Icon size={14} />
          <span>{title}</span>
        </button>
      )}
    </aside>
  );
}
