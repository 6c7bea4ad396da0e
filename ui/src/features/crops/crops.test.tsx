import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { NO_SELECTION, selectedCount } from "../../shared/selection";
import { renderView } from "../../testing/render";
import { CropsView } from "./CropsView";
import { useCrops } from "./store";

const onOpen = vi.fn();
const onSimilar = vi.fn();
const onFocus = vi.fn();

async function ready(query = "class:person,car decision:undecided") {
  const backend = renderView(<CropsView query={query} onOpen={onOpen} onSimilar={onSimilar} onFocus={onFocus} />, { captures: 40 });
  await waitFor(() => expect(screen.getAllByTestId("crop")[3]?.dataset["annotationId"]).toBeDefined());
  const user = userEvent.setup();
  screen.getByTestId("crops").focus();
  return { backend, user };
}

const crop = (index: number) => screen.getAllByTestId("crop").find((element) => element.dataset["index"] === String(index)) as HTMLElement;
const label = (index: number) => crop(index).getAttribute("aria-label") ?? "";
const chosen = () => selectedCount(useCrops.getState().selection);

describe("crops", () => {
  beforeEach(() => useCrops.setState({ selection: NO_SELECTION, searchId: undefined, topPx: 0, isOld: false, order: "unsure", cellPx: 120 }));

  it("shows only annotations that match, least confident first", async () => {
    await ready();
    const shown = screen.getAllByTestId("crop").map((element) => element.getAttribute("aria-label") ?? "");
    expect(shown.every((text) => /^(person|car), undecided/.test(text))).toBe(true);
    const confidences = shown.map((text) => Number(/\.\d+$/.exec(text)?.[0]));
    expect([...confidences].sort((a, b) => a - b)).toEqual(confidences);
  });

  it("accepts what is selected by one key, and takes it back", async () => {
    const { backend, user } = await ready();
    const act = vi.spyOn(backend, "actOnAnnotations");
    await user.click(crop(0));
    await user.keyboard("{Shift>}{ArrowRight}{ArrowRight}{/Shift}");
    expect(chosen()).toBe(3);
    await user.keyboard("a");
    await waitFor(() => expect(label(2)).toContain("accepted"));
    expect(act).toHaveBeenCalledWith(expect.objectContaining({ ranges: [[0, 2]] }), "accept");
    expect(label(3)).toContain("undecided");
    expect(chosen()).toBe(0);
    expect(useCrops.getState().isOld).toBe(true);
  });

  it("rejects the one in focus and goes on to the next", async () => {
    const { user } = await ready();
    await user.click(crop(1));
    await user.keyboard("x");
    await waitFor(() => expect(label(1)).toContain("rejected"));
    expect(useCrops.getState().selection.cursor).toBe(2);
  });

  it("gives a class by its number and by some of its letters", async () => {
    const { user } = await ready();
    await user.click(crop(0));
    await user.keyboard("3");
    await waitFor(() => expect(label(0)).toContain("truck"));
    await user.click(crop(1));
    await user.keyboard("c");
    await user.type(await screen.findByTestId("class-search"), "bcy{Enter}");
    await waitFor(() => expect(label(1)).toContain("bicycle"));
  });

  it("opens the capture and looks for what is alike", async () => {
    const { user } = await ready();
    await user.click(crop(2));
    await user.keyboard("s");
    expect(onFocus).toHaveBeenCalled();
    expect(onSimilar).toHaveBeenCalledWith(crop(2).dataset["annotationId"]);
    await user.keyboard("{Enter}");
    await waitFor(() => expect(onOpen).toHaveBeenCalledTimes(1));
  });

  it("selects all, however many, and nothing", async () => {
    const { user } = await ready("");
    await user.click(crop(0));
    await user.keyboard("{Control>}a{/Control}");
    expect(chosen()).toBeGreaterThan(60);
    await user.keyboard("{Escape}");
    expect(chosen()).toBe(0);
  });

  it("says so when nothing matches", async () => {
    renderView(<CropsView query="class:zebra" onOpen={onOpen} onSimilar={onSimilar} onFocus={onFocus} />, { captures: 10 });
    expect(await screen.findByText("No annotation matches")).toBeTruthy();
  });
});
