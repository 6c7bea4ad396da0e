/**
 * How annotations are drawn. They lie on photos, so one set serves both themes. Widths are view pixels,
 * independent of zoom. The figures are those of the design tokens (`shared/tokens.css`).
 */

export const CASING = "rgba(8, 9, 10, .72)";
export const HALO = "rgba(255, 255, 255, .92)";
export const INK = "#0b0b0c";
export const CHIP = "rgba(11, 11, 12, .84)";
export const CHIP_REJECTED = "rgba(11, 11, 12, .7)";
export const CHIP_REJECTED_TEXT = "#c9ccd0";
export const HANDLE_FILL = "#ffffff";
export const MARQUEE_FILL = "rgba(255, 255, 255, .10)";

/** One outline: a dark casing below, a line in the colour of the class above. */
export interface Stroke {
  readonly casingWidth: number;
  readonly lineWidth: number;
  readonly dash: readonly number[];
  readonly haloWidth: number;
  readonly fillAlpha: number;
  readonly alpha: number;
}

const DECIDED: Stroke = { casingWidth: 3.5, lineWidth: 1.5, dash: [], haloWidth: 0, fillAlpha: 0, alpha: 1 };

export type Look = "decided" | "proposal" | "rejected" | "locked";

export const STROKES: Record<Look, Stroke> = {
  decided: DECIDED,
  proposal: { ...DECIDED, dash: [5, 3] },
  rejected: { ...DECIDED, casingWidth: 2, lineWidth: 1, dash: [1, 3], alpha: 0.5 },
  locked: { ...DECIDED, lineWidth: 1 },
};

export function hovered(stroke: Stroke): Stroke {
  return { ...stroke, lineWidth: 2, fillAlpha: 0.14 };
}

export function selected(stroke: Stroke): Stroke {
  return { ...stroke, casingWidth: 4, lineWidth: 2, haloWidth: 6.5, fillAlpha: 0.06, alpha: 1 };
}

export const HANDLE_SIZE = 7;

export const LABEL = {
  /** Weight and size; the family is that of the page. */
  font: "600 11px",
  height: 15,
  padding: 4,
  radius: 2,
  /** Gap between the chip and the outline. */
  gap: 1,
  /** Labels of the others while a gesture runs. */
  fadedAlpha: 0.25,
};
