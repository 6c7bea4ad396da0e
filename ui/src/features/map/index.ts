/** The map of a library. */
export { mapKeys } from "./keys";
export type { SelectMode } from "./MapCanvas";
export { MapBar } from "./MapBar";
export { MapView, type MapViewProps } from "./MapView";
