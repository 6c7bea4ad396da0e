/** The 20 annotation colours of tokens.css, most telling first. */
export const ANNOTATION_COLORS = [
  "#fab71a", "#8469fd", "#7ee8fe", "#ee490c", "#aa6f97", "#d6f3aa", "#5ec19f", "#b793f4", "#fd815c", "#aed78d",
  "#fddf08", "#e22bcf", "#c584c0", "#d7a8f6", "#c97273", "#a5fae1", "#848636", "#84d7c0", "#0987d4", "#a17df9",
] as const;

/** The colour of a class whose number is unknown, and of annotations without a class. */
export const NO_CLASS_COLOR = "#c9ccd0";

/** The colour with a number from 1 to 20. */
export function paletteColor(colour: number): string {
  return ANNOTATION_COLORS[colour - 1] ?? NO_CLASS_COLOR;
}

/** The first number that no class has yet; the least used one when all are taken. */
export function nextColour(taken: readonly number[]): number {
  const uses = ANNOTATION_COLORS.map((_color, index) => taken.filter((colour) => colour === index + 1).length);
  return uses.indexOf(Math.min(...uses)) + 1;
}
