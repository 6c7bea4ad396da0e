/** Calls that answer with bytes instead of JSON: a million numbers as text would cost a second. */
import { invoke } from "@tauri-apps/api/core";
import { readMapPicture, type MapView } from "./map";

/** Under the names of the interface. */
export const rawCalls = {
  /** Little-endian 16-bit numbers, as every machine that runs the window keeps them. */
  gridLayout: async (searchId: number) => new Uint16Array(await invoke<ArrayBuffer>("grid_layout", { searchId })),
  mapView: async (searchId: number, view: MapView) => readMapPicture(await invoke<ArrayBuffer>("map_view", { searchId, view })),
};
