import { describe, expect, it } from "vitest";
import { NONE, readMapPicture } from "../../backend/map";
import { hitAt } from "./paint";
import { fit, pan, thinned, toCanvas, toPlane, visible, zoomAt } from "./viewport";

const size = { width: 800, height: 600 };
const bounds = { left: -3, top: 10, right: 5, bottom: 14 };

function close(a: { x: number; y: number }, b: { x: number; y: number }): void {
  expect(a.x).toBeCloseTo(b.x, 6);
  expect(a.y).toBeCloseTo(b.y, 6);
}

describe("the viewport", () => {
  const whole = fit(bounds, size);

  it("shows everything when it fits", () => {
    const seen = visible(whole, size);
    expect(seen.left).toBeLessThan(bounds.left);
    expect(seen.right).toBeGreaterThan(bounds.right);
    expect(seen.top).toBeLessThan(bounds.top);
    expect(seen.bottom).toBeGreaterThan(bounds.bottom);
  });

  it("finds a place again", () => {
    const moved = pan(zoomAt(whole, size, { x: 100, y: 50 }, 7, whole), 31, -12);
    for (const place of [{ x: 0, y: 0 }, { x: 799, y: 3 }, { x: 20.5, y: 599 }]) close(toCanvas(moved, size, toPlane(moved, size, place)), place);
  });

  it("holds what is under the pointer while it zooms, up to its limits", () => {
    const at = { x: 123, y: 456 };
    const held = toPlane(whole, size, at);
    for (const factor of [2, 0.7, 1e9, 1e-9]) close(toCanvas(zoomAt(whole, size, at, factor, whole), size, held), at);
    expect(zoomAt(whole, size, at, 1e-9, whole).pxPerUnit).toBeCloseTo(whole.pxPerUnit / 2);
  });

  it("makes do with a single point", () => {
    expect(Number.isFinite(fit({ left: 2, top: 2, right: 2, bottom: 2 }, size).pxPerUnit)).toBe(true);
  });

  it("leaves out the steps of a line that nobody sees", () => {
    expect(thinned([{ x: 0, y: 0 }, { x: 1, y: 0 }, { x: 4, y: 0 }, { x: 5, y: 0 }, { x: 9, y: 0 }], 3).map((place) => place.x)).toEqual([0, 4, 9]);
  });
});

describe("the picture", () => {
  function bytes(kind: number, count: number, numbers: readonly (readonly [number, boolean])[]): ArrayBuffer {
    const view = new DataView(new ArrayBuffer(8 + numbers.length * 4));
    view.setUint32(0, kind, true);
    view.setUint32(4, count, true);
    numbers.forEach(([value, isFloat], at) => (isFloat ? view.setFloat32(8 + at * 4, value, true) : view.setUint32(8 + at * 4, value, true)));
    return view.buffer;
  }

  it("is read as the application writes it", () => {
    const points = readMapPicture(bytes(0, 2, [[1.5, true], [-2, true], [7, false], [NONE, false], [3, true], [4, true], [NONE, false], [1, false]]));
    expect(points).toEqual({ kind: "points", x: Float32Array.of(1.5, 3), y: Float32Array.of(-2, 4), hit: Uint32Array.of(7, NONE), colour: Uint32Array.of(NONE, 1) });
    const density = readMapPicture(bytes(1, 2, [[5, false], [2, false], [0, false], [0, false], [0, false], [NONE, false]]));
    expect(density).toEqual({ kind: "density", all: Uint32Array.of(5, 0), inResult: Uint32Array.of(2, 0), colour: Uint32Array.of(0, NONE) });
  });

  it("is pointed at only where a capture of the result is near", () => {
    const view = { x: 0, y: 0, pxPerUnit: 10 };
    const picture = { kind: "points", x: Float32Array.of(0, 1), y: Float32Array.of(0, 0), hit: Uint32Array.of(4, NONE), colour: Uint32Array.of(0, 0) } as const;
    expect(hitAt(picture, view, size, { x: 403, y: 300 }, 8)).toBe(4);
    expect(hitAt(picture, view, size, { x: 411, y: 300 }, 8)).toBeUndefined();
  });
});
