/** Picks one of the 20 annotation colours. */
import { useEffect, useRef, useState } from "react";
import { ANNOTATION_COLORS } from "../../shared/components/palette";

/** A swatch that opens the palette. */
export function ColourPicker(props: { readonly label: string; readonly color: string; readonly chosen: number; readonly onPick: (colour: number) => void }) {
  const { label, color, chosen, onPick } = props;
  const [isOpen, setIsOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    place.current?.querySelector<HTMLElement>('[aria-checked="true"]')?.focus();
    const close = (event: PointerEvent) => {
      if (event.target instanceof Node && place.current?.contains(event.target) !== true) setIsOpen(false);
    };
    document.addEventListener("pointerdown", close);
    return () => document.removeEventListener("pointerdown", close);
  }, [isOpen]);
  return (
    <div
      className="colour-place"
      ref={place}
      onKeyDown={(event) => {
        if (event.key === "Escape" && isOpen) {
          event.stopPropagation();
          setIsOpen(false);
        }
      }}
    >
      <button type="button" className="colour-button" aria-label={label} data-tip={label} aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
        <i style={{ background: color }} />
      </button>
      {isOpen ? (
        <div className="pop colour-grid" role="radiogroup" aria-label={label}>
          {ANNOTATION_COLORS.map((each, index) => (
            <button
              key={each}
              type="button"
              role="radio"
              aria-checked={chosen === index + 1}
              aria-label={`Colour ${index + 1}`}
              className={chosen === index + 1 ? "colour-cell chosen" : "colour-cell"}
              style={{ background: each }}
              onClick={() => {
                setIsOpen(false);
                onPick(index + 1);
              }}
            />
          ))}
        </div>
      ) : null}
    </div>
  );
}
