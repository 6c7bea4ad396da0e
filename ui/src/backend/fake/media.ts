/** Made-up series: a cart that brakes hard a second before its trigger. */
import type { SeriesChannel, SeriesData } from "../media";

/** The edge of a tile. */
export const TILE_PX = 512;

const SECONDS = 12;
const RATE_HZ = 50;
const BRAKE_AT_S = 7;

function channel(name: string, unit: string, value: (second: number) => number): SeriesChannel {
  const times = Array.from({ length: SECONDS * RATE_HZ }, (_, at) => at / RATE_HZ);
  return { name, unit, times, values: times.map(value) };
}

/** The series of a made-up capture. */
export function fakeSeries(): SeriesData {
  const bump = (second: number) => Math.exp(-(((second - BRAKE_AT_S) / 0.3) ** 2));
  const channels = [
    channel("accel_x", "m/s²", (second) => Math.sin(second * 9) * 0.4 - 7.5 * bump(second)),
    channel("speed", "m/s", (second) => 2.4 / (1 + Math.exp((second - BRAKE_AT_S) * 4))),
    channel("weight", "g", (second) => 1200 + (second > BRAKE_AT_S ? 35 : 0)),
  ];
  return { channels, rows: SECONDS * RATE_HZ, durationS: SECONDS, startedAtMicros: null, byRow: false, captureAtS: 2, triggerAtS: BRAKE_AT_S + 1 };
}
