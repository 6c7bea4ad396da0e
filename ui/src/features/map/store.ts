/** How the map is looked at. Kept while other views are open. */
import { create } from "zustand";
import type { Viewport } from "./viewport";

interface MapLook {
  /** What the points are coloured by; empty for one colour. */
  readonly colourBy: string;
  /** A drag moves the map instead of drawing a lasso. */
  readonly isHand: boolean;
  /** Where the person went; undefined shows everything. */
  readonly viewport: Viewport | undefined;
}

/** The state. */
export const useMapLook = create<MapLook>()(() => ({ colourBy: "class", isHand: false, viewport: undefined }));
