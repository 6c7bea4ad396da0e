/** One annotation: what is inside its bounds, its class, and what was decided. */
import { Check, ImageOff, X } from "lucide-react";
import { memo, useState, type MouseEvent } from "react";
import type { ClassTable } from "../../backend/classes";
import type { CropItem } from "../../backend/types";

/** What a tile needs. `item` is undefined until its page has arrived. */
export interface CropTileProps {
  readonly index: number;
  readonly item: CropItem | undefined;
  readonly url: string | undefined;
  readonly leftPx: number;
  readonly topPx: number;
  readonly sizePx: number;
  readonly isSelected: boolean;
  readonly isCursor: boolean;
  readonly classes: ClassTable;
  readonly onPress: (index: number, event: MouseEvent) => void;
  readonly onOpen: (index: number) => void;
}

/** The name of a crop's class, as a person reads it. */
export function className(item: CropItem, classes: ClassTable): string {
  return classes.nameOf(item.classId) ?? item.unmappedClass ?? "no class";
}

const DECISIONS = { undecided: "undecided", accepted: "accepted", rejected: "rejected" } as const;

/** Draws the tile at its place. */
export const CropTile = memo(function CropTile(props: CropTileProps) {
  const { index, item, url, leftPx, topPx, sizePx, isSelected, isCursor, classes, onPress, onOpen } = props;
  const [missing, setMissing] = useState<string | undefined>(undefined);
  const look = ["crop", item?.decision ?? "", isSelected ? "selected" : "", isCursor ? "cursor" : ""].filter(Boolean).join(" ");
  const name = item === undefined ? "" : className(item, classes);
  const confidence = item?.confidence === null || item === undefined ? "" : item.confidence.toFixed(2).replace(/^0/, "");
  return (
    <div
      id={`crop-${index}`}
      role="option"
      aria-selected={isSelected}
      aria-label={item === undefined ? "Loading" : [name, DECISIONS[item.decision], confidence].filter(Boolean).join(", ")}
      data-testid="crop"
      data-index={index}
      data-annotation-id={item?.annotationId}
      className={look}
      style={{ width: sizePx, height: sizePx, transform: `translate(${leftPx}px, ${topPx}px)` }}
      onMouseDown={(event) => {
        if (event.button === 0) onPress(index, event);
      }}
      onDoubleClick={() => onOpen(index)}
    >
      {url === undefined ? null : missing === url ? (
        <span className="crop-missing" data-tip="The picture of this annotation is not on this computer, or cannot be read.">
          <ImageOff size={16} />
        </span>
      ) : (
        <img src={url} alt="" draggable={false} decoding="async" onError={() => setMissing(url)} />
      )}
      {item === undefined ? null : (
        <>
          <span className="crop-label" style={{ borderColor: classes.colorOf(item.classId) }}>
            <span className="ell">{name}</span>
            <span>{confidence}</span>
          </span>
          {item.decision === "undecided" ? null : (
            <span className={`crop-mark ${item.decision}`}>{item.decision === "accepted" ? <Check size={10} strokeWidth={3} /> : <X size={10} strokeWidth={3} />}</span>
          )}
        </>
      )}
    </div>
  );
});
