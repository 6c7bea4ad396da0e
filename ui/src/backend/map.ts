/** The map of a library: every embedded capture as a point on a plane, near what looks alike. */
import type { JobDto, MapBounds, MapLegendEntry, MapSelection, MapState } from "./types";


/** What is to be drawn: a rectangle, in so many cells where there are too many points, coloured by a field. */
export interface MapView extends MapBounds {
  columns: number;
  rows: number;
  colourBy: string | null;
}

/** Stands for "not in the result" and "no colour". */
export const NONE = 0xffff_ffff;

/** What lies in a rectangle of the plane. */
export type MapPicture =
  | { readonly kind: "points"; readonly x: Float32Array; readonly y: Float32Array; readonly hit: Uint32Array; readonly colour: Uint32Array }
  | { readonly kind: "density"; readonly all: Uint32Array; readonly inResult: Uint32Array; readonly colour: Uint32Array };

const POINT_BYTES = 16;
const CELL_BYTES = 12;

/** Reads the bytes of `map_view`: a kind, a count, and that many points or cells, little endian. */
export function readMapPicture(bytes: ArrayBuffer): MapPicture {
  const view = new DataView(bytes);
  const isDensity = view.getUint32(0, true) === 1;
  const count = view.getUint32(4, true);
  const numbers = () => new Uint32Array(count);
  if (isDensity) {
    const picture = { kind: "density", all: numbers(), inResult: numbers(), colour: numbers() } as const;
    for (let cell = 0, at = 8; cell < count; cell += 1, at += CELL_BYTES) {
      picture.all[cell] = view.getUint32(at, true);
      picture.inResult[cell] = view.getUint32(at + 4, true);
      picture.colour[cell] = view.getUint32(at + 8, true);
    }
    return picture;
  }
  const picture = { kind: "points", x: new Float32Array(count), y: new Float32Array(count), hit: numbers(), colour: numbers() } as const;
  for (let point = 0, at = 8; point < count; point += 1, at += POINT_BYTES) {
    picture.x[point] = view.getFloat32(at, true);
    picture.y[point] = view.getFloat32(at + 4, true);
    picture.hit[point] = view.getUint32(at + 8, true);
    picture.colour[point] = view.getUint32(at + 12, true);
  }
  return picture;
}

/** The calls of the map. */
export interface MapCalls {
  mapState(): Promise<MapState>;
  /** Makes the map anew; captures that have no embedding yet are embedded first. */
  startMap(): Promise<JobDto>;
  mapBounds(): Promise<MapBounds | null>;
  mapView(searchId: number, view: MapView): Promise<MapPicture>;
  mapLegend(searchId: number, colourBy: string): Promise<MapLegendEntry[]>;
  /** The captures of a result that lie inside, in coordinates of the plane. */
  selectInPolygon(searchId: number, polygon: [number, number][]): Promise<MapSelection>;
}
