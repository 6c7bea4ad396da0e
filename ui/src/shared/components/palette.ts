/** The 20 annotation colours of tokens.css, most telling first. */
export const ANNOTATION_COLORS = [
  "#fab71a", "#8469fd", "#7ee8fe", "#ee490c", "#aa6f97", "#d6f3aa", "#5ec19f", "#b793f4", "#fd815c", "#aed78d",
  "#fddf08", "#e22bcf", "#c584c0", "#d7a8f6", "#c97273", "#a5fae1", "#848636", "#84d7c0", "#0987d4", "#a17df9",
] as const;

/** The first palette colour that is not taken yet; starts anew when all are. */
export function nextColor(taken: readonly string[]): string {
  const used = new Set(taken.map((color) => color.toLowerCase()));
  return ANNOTATION_COLORS.find((color) => !used.has(color)) ?? ANNOTATION_COLORS[taken.length % ANNOTATION_COLORS.length] ?? ANNOTATION_COLORS[0];
}
