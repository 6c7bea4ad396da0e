import { describe, expect, it } from "vitest";
import { contentAt, follow, isJump, MOST_ELEMENT_PX, placeOf, scaleOf, settled, type ScrollPlace } from "./virtualScroll";

const TALL = scaleOf(88_000_000, 800);
const MOST = MOST_ELEMENT_PX - 800;

describe("virtual scroll", () => {
  it("leaves content that fits as it is", () => {
    const scale = scaleOf(50_000, 800);
    expect(contentAt(scale, 12_345)).toBe(12_345);
    expect(follow(scale, { elementPx: 0, contentPx: 0 }, 33_000)).toEqual({ elementPx: 33_000, contentPx: 33_000 });
    expect(settled(scale, { elementPx: 33_000, contentPx: 33_000 }, true)).toBeUndefined();
  });

  it("maps the scroll bar to the content and back", () => {
    expect(contentAt(TALL, 0)).toBe(0);
    expect(contentAt(TALL, MOST)).toBe(88_000_000 - 800);
    expect(contentAt(TALL, MOST / 2)).toBeCloseTo(44_000_000 - 400, 3);
    for (const contentPx of [0, 100, 60_000, 1e6, 44e6, 87_990_000, 88_000_000 - 800]) {
      expect(contentAt(TALL, placeOf(TALL, contentPx).elementPx)).toBeCloseTo(contentPx, 3);
    }
  });

  it("moves by small steps exactly, and by jumps in proportion", () => {
    const start = placeOf(TALL, 30e6);
    expect(follow(TALL, start, start.elementPx + 120).contentPx).toBeCloseTo(30e6 + 120, 3);
    expect(isJump(TALL, 0, 2400)).toBe(true);
    expect(follow(TALL, start, 6e6).contentPx).toBeCloseTo(contentAt(TALL, 6e6), 3);
  });

  it.each([-1, 1])("reaches the end by the wheel alone, each turn moving the content by its length (%s)", (direction) => {
    const end = direction < 0 ? 0 : 88_000_000 - 800;
    let place: ScrollPlace = placeOf(TALL, direction < 0 ? 400_000 : end - 400_000);
    for (let turn = 0; turn < 5000 && place.contentPx !== end; turn += 1) {
      const elementPx = Math.max(0, Math.min(MOST, place.elementPx + direction * 120));
      const next = follow(TALL, place, elementPx);
      const moved = Math.abs(next.contentPx - place.contentPx);
      if (next.contentPx !== end) expect(moved).toBeCloseTo(120, 3);
      const rest = settled(TALL, next, turn % 50 === 0);
      if (rest !== undefined) expect(rest.contentPx).toBeCloseTo(next.contentPx, 6);
      place = rest ?? next;
    }
    expect(place).toEqual({ contentPx: end, elementPx: direction < 0 ? 0 : MOST });
  });
});
