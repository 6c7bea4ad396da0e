/**
 * Annotations drawn over a small picture: dashed for proposals, solid for decided ones. Boxes of one look are one
 * path, so that a screen full of thumbnails stays cheap.
 */
import { memo } from "react";
import "./boxes.css";

/** What is drawn of a box. */
export interface DrawnBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly color: string;
  readonly isProposal: boolean;
}

function pathOf(boxes: readonly DrawnBox[]): string {
  return boxes.map((box) => `M${box.x.toFixed(1)} ${box.y.toFixed(1)}h${box.width.toFixed(1)}v${box.height.toFixed(1)}h${(-box.width).toFixed(1)}z`).join("");
}

/** An overlay that fills its positioned parent. `widthPx` × `heightPx` is the size of the full picture. */
export const Boxes = memo(function Boxes(props: { readonly widthPx: number; readonly heightPx: number; readonly boxes: readonly DrawnBox[] }) {
  const { widthPx, heightPx, boxes } = props;
  if (boxes.length === 0 || widthPx <= 0 || heightPx <= 0) return null;
  const looks = new Map<string, DrawnBox[]>();
  for (const box of boxes) {
    const look = `${box.color}${box.isProposal ? "?" : ""}`;
    looks.set(look, [...(looks.get(look) ?? []), box]);
  }
  return (
    <svg className="boxes" viewBox={`0 0 ${widthPx} ${heightPx}`} preserveAspectRatio="none" aria-hidden="true">
      <path className="boxes-casing" d={pathOf(boxes)} />
      {[...looks].map(([look, alike]) => (
        <path key={look} className={alike[0]?.isProposal === true ? "boxes-line proposal" : "boxes-line"} stroke={alike[0]?.color} d={pathOf(alike)} />
      ))}
    </svg>
  );
});
