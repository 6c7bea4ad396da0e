/** Series, tiles and frames: what the media scheme and its two calls give. */
import { invoke } from "@tauri-apps/api/core";

/** One column of numbers of a series. */
export interface SeriesChannel {
  readonly name: string;
  readonly unit: string | null;
  /** Seconds since the start of the series, rising. */
  readonly times: readonly number[];
  readonly values: readonly number[];
}

/** A series, thinned so that every stretch of time keeps its least and its greatest value. */
export interface SeriesData {
  readonly channels: readonly SeriesChannel[];
  readonly rows: number;
  readonly durationS: number;
  readonly startedAtMicros: number | null;
  /** The file has no times: a time is the number of its row. */
  readonly byRow: boolean;
  /** Where the capture's first moment lies, at which its videos start. */
  readonly captureAtS: number;
  readonly triggerAtS: number | null;
}

/** How a picture is cut into tiles: level 0 has every pixel, each further one half of the resolution. */
export interface TileGrid {
  readonly tilePx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly levels: number;
  /** The picture is too large to be shown whole at full resolution. */
  readonly advised: boolean;
}

/** The part of the application's interface that is about media. */
export interface MediaBackend {
  /** At most about `maxPoints` values for each channel. */
  series(captureId: string, asset: string, maxPoints: number): Promise<SeriesData>;
  tileGrid(captureId: string, asset: string): Promise<TileGrid>;
  tileUrl(captureId: string, asset: string, level: number, x: number, y: number): string;
  /** Address of what an annotation covers. */
  cropUrl(annotationId: string, longEdgePx: number): string;
  /** Address of the frame of a video that is shown so long after its start. */
  frameUrl(captureId: string, asset: string, micros: number): string;
}

/** The media of the real window; `url` makes an address of a path. */
export function tauriMedia(url: (path: string) => string): MediaBackend {
  return {
    series: (captureId, asset, maxPoints) => invoke("series", { captureId, asset, maxPoints }),
    tileGrid: (captureId, asset) => invoke("tile_grid", { captureId, asset }),
    tileUrl: (captureId, asset, level, x, y) => url(`tile/${captureId}/${encodeURIComponent(asset)}/${level}/${x}/${y}`),
    cropUrl: (annotationId, longEdgePx) => url(`crop/${annotationId}/${longEdgePx}`),
    frameUrl: (captureId, asset, micros) => url(`frame/${captureId}/${encodeURIComponent(asset)}/${Math.max(0, Math.round(micros))}`),
  };
}
