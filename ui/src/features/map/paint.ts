/** Draws the map: points while they can be told apart, else how many lie in each cell. */
import { NONE, type MapPicture, type MapView } from "../../backend/map";
import { toCanvas, type CanvasSize, type Place, type Viewport } from "./viewport";

/** What the map is drawn with. */
export interface MapColours {
  /** A colour of the legend. */
  readonly of: (index: number) => string;
  /** Captures that are not in the result. */
  readonly outside: string;
  /** Captures of the result without a colour. */
  readonly plain: string;
  readonly ring: string;
}

/** Size of a cell of the density picture, px. */
export const CELL_PX = 4;

const RADIUS_PX = 2.5;

/** Red, green and blue of `#rrggbb`, 0 to 255. */
export function rgbOf(color: string): [number, number, number] {
  const digits = Number.parseInt(color.slice(1), 16);
  return [(digits >> 16) & 255, (digits >> 8) & 255, digits & 255];
}

type Points = Extract<MapPicture, { kind: "points" }>;
type Density = Extract<MapPicture, { kind: "density" }>;

function paintPoints(context: CanvasRenderingContext2D, picture: Points, viewport: Viewport, size: CanvasSize, colours: MapColours, radiusPx: number): void {
  // One path a colour: a fill for each point would cost a hundred times as much.
  const byColour = new Map<string, number[]>();
  for (let point = 0; point < picture.x.length; point += 1) {
    const colour = picture.colour[point] ?? NONE;
    const fill = picture.hit[point] === NONE ? colours.outside : colour === NONE ? colours.plain : colours.of(colour);
    const all = byColour.get(fill);
    if (all === undefined) byColour.set(fill, [point]);
    else all.push(point);
  }
  // What is outside of the result lies below.
  const order = [...byColour].sort(([a], [b]) => Number(b === colours.outside) - Number(a === colours.outside));
  for (const [fill, points] of order) {
    context.fillStyle = fill;
    context.beginPath();
    for (const point of points) {
      const at = toCanvas(viewport, size, { x: picture.x[point] ?? 0, y: picture.y[point] ?? 0 });
      context.rect(at.x - radiusPx, at.y - radiusPx, radiusPx * 2, radiusPx * 2);
    }
    context.fill();
  }
}

function paintRings(context: CanvasRenderingContext2D, picture: Points, viewport: Viewport, size: CanvasSize, colours: MapColours, radiusPx: number, isSelected: (hit: number) => boolean): void {
  const reach = radiusPx + 1.5;
  context.beginPath();
  for (let point = 0; point < picture.x.length; point += 1) {
    const hit = picture.hit[point] ?? NONE;
    if (hit === NONE || !isSelected(hit)) continue;
    const at = toCanvas(viewport, size, { x: picture.x[point] ?? 0, y: picture.y[point] ?? 0 });
    context.rect(at.x - reach, at.y - reach, reach * 2, reach * 2);
  }
  context.strokeStyle = colours.ring;
  context.lineWidth = 1;
  context.stroke();
}

/** The pixels of a density picture: the colour says what, the opacity how many, by the square root of the count. */
export function densityPixels(picture: Density, view: Pick<MapView, "columns" | "rows">, colours: MapColours): ImageData {
  const pixels = new ImageData(view.columns, view.rows);
  let most = 1;
  for (const count of picture.all) most = Math.max(most, count);
  const known = new Map<string, [number, number, number]>();
  for (let cell = 0; cell < picture.all.length; cell += 1) {
    const all = picture.all[cell] ?? 0;
    if (all === 0) continue;
    const within = picture.inResult[cell] ?? 0;
    const colour = picture.colour[cell] ?? NONE;
    const name = within === 0 ? colours.outside : colour === NONE ? colours.plain : colours.of(colour);
    const rgb = known.get(name) ?? rgbOf(name);
    known.set(name, rgb);
    const strength = Math.sqrt((within === 0 ? all : within) / most);
    pixels.data.set([...rgb, Math.round(255 * (0.2 + 0.8 * strength))], cell * 4);
  }
  return pixels;
}

function paintDensity(context: CanvasRenderingContext2D, picture: Density, view: MapView, viewport: Viewport, size: CanvasSize, colours: MapColours): void {
  const cells = document.createElement("canvas");
  cells.width = view.columns;
  cells.height = view.rows;
  cells.getContext("2d")?.putImageData(densityPixels(picture, view, colours), 0, 0);
  const first = toCanvas(viewport, size, { x: view.left, y: view.top });
  const last = toCanvas(viewport, size, { x: view.right, y: view.bottom });
  context.imageSmoothingEnabled = false;
  context.drawImage(cells, first.x, first.y, last.x - first.x, last.y - first.y);
}

/** Draws a picture that was made for `view`; the viewport may have moved since. */
export function paint(context: CanvasRenderingContext2D, drawn: { readonly picture: MapPicture; readonly view: MapView }, viewport: Viewport, size: CanvasSize, colours: MapColours, isSelected: (hit: number) => boolean): void {
  context.clearRect(0, 0, size.width, size.height);
  const { picture, view } = drawn;
  if (picture.kind === "density") paintDensity(context, picture, view, viewport, size, colours);
  else {
    const radiusPx = picture.x.length > 5_000 ? 1.5 : RADIUS_PX;
    paintPoints(context, picture, viewport, size, colours, radiusPx);
    paintRings(context, picture, viewport, size, colours, radiusPx, isSelected);
  }
}

/** Draws the line of a lasso, closed. */
export function paintLasso(context: CanvasRenderingContext2D, line: readonly Place[], colours: MapColours): void {
  if (line.length < 2) return;
  context.beginPath();
  line.forEach((place, at) => (at === 0 ? context.moveTo(place.x, place.y) : context.lineTo(place.x, place.y)));
  context.closePath();
  context.strokeStyle = colours.ring;
  context.lineWidth = 1.5;
  context.setLineDash([5, 3]);
  context.stroke();
  context.setLineDash([]);
  context.globalAlpha = 0.12;
  context.fillStyle = colours.ring;
  context.fill();
  context.globalAlpha = 1;
}

/** The point of the result that is nearest to a place of the canvas, within `reachPx`. */
export function hitAt(picture: MapPicture, viewport: Viewport, size: CanvasSize, place: Place, reachPx: number): number | undefined {
  if (picture.kind !== "points") return undefined;
  let best: number | undefined;
  let bestPx = reachPx;
  for (let point = 0; point < picture.x.length; point += 1) {
    if (picture.hit[point] === NONE) continue;
    const at = toCanvas(viewport, size, { x: picture.x[point] ?? 0, y: picture.y[point] ?? 0 });
    const distance = Math.hypot(at.x - place.x, at.y - place.y);
    if (distance <= bestPx) {
      bestPx = distance;
      best = picture.hit[point];
    }
  }
  return best;
}
