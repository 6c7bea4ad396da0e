/** Properties of points, boxes and transforms. */

import { describe, expect, it } from "vitest";
import { boxFromCorners, clampBox, clampShift, translate, union } from "../geometry/box";
import { imageBox, imagePoint, viewPoint } from "../geometry/point";
import {
  boxToImage,
  boxToView,
  fit,
  keepInSight,
  MAX_SCALE,
  MIN_SCALE,
  panIntoSight,
  toImage,
  toView,
  zoomAbout,
  type ViewFromImage,
} from "../geometry/transform";
import { randomNumbers } from "./driver";

const RUNS = 500;

function randomTransform(random: () => number): ViewFromImage {
  return {
    scale: 2 ** (random() * 10 - 5),
    tx: (random() - 0.5) * 4000,
    ty: (random() - 0.5) * 4000,
  };
}

describe("view_from_image", () => {
  it("is undone by its inverse, for points and boxes", () => {
    const random = randomNumbers(1);
    for (let run = 0; run < RUNS; run++) {
      const transform = randomTransform(random);
      const point = imagePoint(random() * 4000, random() * 3000);
      const back = toImage(transform, toView(transform, point));
      expect(back.x).toBeCloseTo(point.x, 6);
      expect(back.y).toBeCloseTo(point.y, 6);
      const box = imageBox(point.x, point.y, random() * 500, random() * 500);
      const boxBack = boxToImage(transform, boxToView(transform, box));
      expect(boxBack.width).toBeCloseTo(box.width, 6);
      expect(boxBack.x).toBeCloseTo(box.x, 6);
    }
  });

  it("keeps the image point under the pointer when zooming", () => {
    const random = randomNumbers(2);
    for (let run = 0; run < RUNS; run++) {
      const transform = randomTransform(random);
      const about = viewPoint(random() * 1200, random() * 800);
      const zoomed = zoomAbout(transform, about, 2 ** (random() * 8 - 4));
      const before = toImage(transform, about);
      const after = toImage(zoomed, about);
      expect(after.x).toBeCloseTo(before.x, 5);
      expect(after.y).toBeCloseTo(before.y, 5);
      expect(zoomed.scale).toBeGreaterThanOrEqual(MIN_SCALE);
      expect(zoomed.scale).toBeLessThanOrEqual(MAX_SCALE);
    }
  });

  it("fits the whole image, centred", () => {
    const random = randomNumbers(3);
    for (let run = 0; run < RUNS; run++) {
      const image = { width: 1 + random() * 5000, height: 1 + random() * 5000 };
      const viewport = { width: 200 + random() * 1500, height: 200 + random() * 1500 };
      const view = boxToView(fit(image, viewport, 12), imageBox(0, 0, image.width, image.height));
      expect(view.x).toBeGreaterThanOrEqual(12 - 1e-6);
      expect(view.y).toBeGreaterThanOrEqual(12 - 1e-6);
      expect(view.x + view.width / 2).toBeCloseTo(viewport.width / 2, 6);
      expect(view.y + view.height / 2).toBeCloseTo(viewport.height / 2, 6);
    }
  });

  it("never loses the image out of sight", () => {
    const random = randomNumbers(4);
    const viewport = { width: 800, height: 600 };
    for (let run = 0; run < RUNS; run++) {
      const image = { width: 1 + random() * 4000, height: 1 + random() * 4000 };
      const kept = keepInSight(randomTransform(random), image, viewport, 48);
      const view = boxToView(kept, imageBox(0, 0, image.width, image.height));
      const seen = Math.min(48, view.width) - 1e-6;
      expect(Math.min(viewport.width, view.x + view.width) - Math.max(0, view.x)).toBeGreaterThanOrEqual(seen);
    }
  });

  it("pans a small box into sight and leaves one in sight alone", () => {
    const viewport = { width: 800, height: 600 };
    const transform = { scale: 2, tx: 0, ty: 0 };
    expect(panIntoSight(transform, imageBox(100, 100, 20, 20), viewport)).toBeNull();
    const panned = panIntoSight(transform, imageBox(1000, 100, 20, 20), viewport);
    expect(panned).not.toBeNull();
    const view = boxToView(panned ?? transform, imageBox(1000, 100, 20, 20));
    expect(view.x + view.width).toBeLessThanOrEqual(800);
    expect(view.y).toBe(200);
  });
});

describe("boxes", () => {
  it("clamp into the image, and clamping again changes nothing", () => {
    const random = randomNumbers(5);
    const image = { width: 640, height: 480 };
    for (let run = 0; run < RUNS; run++) {
      const corner = () => imagePoint((random() - 0.25) * 1300, (random() - 0.25) * 1000);
      const clamped = clampBox(boxFromCorners(corner(), corner()), image);
      expect(clamped.x).toBeGreaterThanOrEqual(0);
      expect(clamped.y).toBeGreaterThanOrEqual(0);
      expect(clamped.x + clamped.width).toBeLessThanOrEqual(image.width + 1e-9);
      expect(clamped.y + clamped.height).toBeLessThanOrEqual(image.height + 1e-9);
      const again = clampBox(clamped, image);
      expect(again.x).toBe(clamped.x);
      expect(again.width).toBeCloseTo(clamped.width, 9);
    }
  });

  it("shift no farther than the image reaches, and never outwards", () => {
    const random = randomNumbers(6);
    const image = { width: 640, height: 480 };
    for (let run = 0; run < RUNS; run++) {
      const box = imageBox(random() * 600, random() * 440, random() * 40, random() * 40);
      const shift = clampShift(box, { dx: (random() - 0.5) * 2000, dy: (random() - 0.5) * 2000 }, image);
      const moved = translate(box, shift.dx, shift.dy);
      expect(moved.x).toBeGreaterThanOrEqual(-1e-9);
      expect(moved.x + moved.width).toBeLessThanOrEqual(image.width + 1e-9);
      expect(moved.width).toBe(box.width);
    }
    const outside = imageBox(-50, 10, 20, 20);
    expect(clampShift(outside, { dx: -10, dy: 0 }, image).dx).toBe(0);
    expect(clampShift(outside, { dx: 30, dy: 0 }, image).dx).toBe(30);
  });

  it("unite to the smallest box around all", () => {
    expect(union([])).toBeNull();
    expect(union([imageBox(0, 0, 10, 10), imageBox(20, 5, 10, 30)])).toEqual(imageBox(0, 0, 30, 35));
  });
});
