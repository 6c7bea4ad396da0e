import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { SeriesPlot, valueAt, type PlotChannel } from "./SeriesPlot";

function channel(name: string, values: number[], unit: string | null = null): PlotChannel {
  return { name, unit, values, times: values.map((_, at) => at) };
}

test("the value at a time is the last one that was measured", () => {
  const speed = channel("speed", [3, 5, 4]);
  for (const [second, expected] of [[-1, 3], [0, 3], [0.9, 3], [1, 5], [2.5, 4], [99, 4]] as const) expect(valueAt(speed, second)).toBe(expected);
  expect(valueAt(channel("none", []), 1)).toBeUndefined();
});

test("each channel says its name and its range, and further ones come on demand", async () => {
  const channels = ["a", "b", "c", "d", "e", "f"].map((name, place) => channel(name, [place, place + 2, -1], "m/s"));
  render(<SeriesPlot channels={channels} durationS={3} triggerAtS={2} />);
  expect(screen.getAllByRole("figure")).toHaveLength(4);
  expect(screen.getByRole("figure", { name: "b: -1 to 3 m/s" })).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "2 more" }));
  expect(screen.getAllByRole("figure")).toHaveLength(6);
});
