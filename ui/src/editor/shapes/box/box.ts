/** The axis-aligned box. */

import { area, intersects, translate } from "../../geometry/box";
import type { ImageBox } from "../../geometry/point";
import type { BoxGeometry } from "../../records/annotation";
import type { Shape } from "../shape";
import { traceBox, traceBoxRejected } from "./draw";
import { boxHandles, hitBoxHandle, resizeBox } from "./handles";
import { hitBox } from "./hit";

export function boxGeometry(box: ImageBox): BoxGeometry {
  return { kind: "box", box };
}

export const boxShape: Shape<BoxGeometry> = {
  kind: "box",
  bounds: (geometry) => geometry.box,
  hitArea: (geometry) => area(geometry.box),
  hit: hitBox,
  caughtBy: (geometry, marquee) => intersects(geometry.box, marquee),
  handles: boxHandles,
  hitHandle: hitBoxHandle,
  translate: (geometry, dx, dy) => ({ ...geometry, box: translate(geometry.box, dx, dy) }),
  resize: resizeBox,
  trace: traceBox,
  traceRejected: traceBoxRejected,
};
