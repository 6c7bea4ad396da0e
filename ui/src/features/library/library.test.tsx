import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { renderApp } from "../../testing/render";
import { useLibrary } from "./store";

async function ready() {
  await screen.findByTestId("app-ready");
  await waitFor(() => expect(screen.getAllByTestId("tile")[0]?.dataset["captureId"]).toBeDefined());
  return userEvent.setup();
}

const shownTotal = () => useLibrary.getState().shown?.result.total;
const tile = (index: number) => {
  const found = screen.getAllByTestId("tile").find((element) => element.dataset["index"] === String(index));
  if (found === undefined) throw new Error(`tile ${index} is not drawn`);
  return found;
};
const completion = (label: string) =>
  waitFor(() => {
    const found = screen.getAllByTestId("completion").find((element) => element.textContent?.includes(label));
    if (found === undefined) throw new Error(`no completion ${label}`);
    return found;
  });
const chosen = () => screen.getAllByTestId("tile").flatMap((element) => (element.getAttribute("aria-selected") === "true" ? [Number(element.dataset["index"])] : []));

describe("query bar", () => {
  it("runs on Enter and says how many match", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    await user.type(screen.getByTestId("query-input"), "site:depot-north{Enter}");
    await waitFor(() => expect(shownTotal()).toBeLessThan(60));
    expect(screen.getByTestId("result-count").textContent).toContain(`${shownTotal()} captures`);
  });

  it("completes a value with Tab, with its count", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    await user.type(screen.getByTestId("query-input"), "site:depot-n");
    const option = await completion("depot-north");
    expect(option.textContent).toMatch(/depot-north\d+$/);
    await user.keyboard("{Tab}");
    expect(screen.getByTestId<HTMLInputElement>("query-input").value).toBe("site:depot-north ");
    await waitFor(() => expect(shownTotal()).toBeLessThan(60));
  });

  it("excludes with Alt+Enter and chooses with the arrows", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    const input = screen.getByTestId<HTMLInputElement>("query-input");
    await user.type(input, "site:depot");
    await completion("depot-north");
    await user.keyboard("{ArrowDown}{ArrowDown}");
    const second = screen.getAllByTestId("completion")[1];
    expect(second?.getAttribute("aria-selected")).toBe("true");
    await user.keyboard("{Alt>}{Enter}{/Alt}");
    expect(input.value).toMatch(/^-site:depot-(north|east) $/);
  });

  it("shows where a query is wrong and what to write, and keeps the result", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    await user.type(screen.getByTestId("query-input"), "class:person sire:depot{Enter}");
    const fault = await screen.findByTestId("query-error");
    expect(fault.textContent).toContain("at character 14");
    expect(fault.textContent).toContain("Did you mean “site”");
    expect(shownTotal()).toBeGreaterThan(0);
    expect(document.querySelector(".query-wrong")?.textContent).toBe("sire");
    await user.type(screen.getByTestId("query-input"), "x");
    expect(screen.queryByTestId("query-error")).toBeNull();
  });

  it("says that nothing matches and offers a way out", async () => {
    renderApp({ captures: 20 });
    const user = await ready();
    await user.type(screen.getByTestId("query-input"), "site:mars{Enter}");
    await user.click(await screen.findByText("Clear the query"));
    await waitFor(() => expect(shownTotal()).toBe(20));
  });
});

describe("facets", () => {
  it("refine the query, add alternatives, and take them out again", async () => {
    renderApp({ captures: 80 });
    const user = await ready();
    const row = (value: string) => screen.getAllByTestId("facet-row").find((element) => element.dataset["field"] === "site" && element.dataset["value"] === value) as HTMLElement;
    await waitFor(() => expect(row("depot-north")).toBeDefined());
    await user.click(row("depot-north"));
    await waitFor(() => expect(useLibrary.getState().shown?.query).toBe("site:depot-north"));
    const alone = shownTotal() ?? 0;
    useLibrary.setState({ text: "site:depot-north,depot-east" });
    await user.click(row("depot-north"));
    await waitFor(() => expect(useLibrary.getState().shown?.query).toBe("site:depot-east"));
    expect(shownTotal()).not.toBe(alone);
    await user.click(row("depot-east"));
    await waitFor(() => expect(shownTotal()).toBe(80));
  });

  it.each(["Alt", "Shift"])("exclude with %s", async (modifier) => {
    renderApp({ captures: 80 });
    const user = await ready();
    const row = await waitFor(() => screen.getAllByTestId("facet-row").find((element) => element.dataset["value"] === "submitted") as HTMLElement);
    await user.keyboard(`{${modifier}>}`);
    await user.click(row);
    await user.keyboard(`{/${modifier}}`);
    await waitFor(() => expect(useLibrary.getState().shown?.query).toBe("-submission:submitted"));
  });
});

describe("grid", () => {
  it("selects by mouse: alone, range, toggle", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    await user.click(tile(2));
    expect(chosen()).toEqual([2]);
    await user.keyboard("{Shift>}");
    await user.click(tile(5));
    await user.keyboard("{/Shift}");
    expect(chosen()).toEqual([2, 3, 4, 5]);
    await user.keyboard("{Control>}");
    await user.click(tile(3));
    await user.keyboard("{/Control}");
    expect(chosen()).toEqual([2, 4, 5]);
    expect(screen.getByTestId("selection-bar").textContent).toContain("3 selected");
  });

  it("moves and selects by keyboard", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    await user.keyboard("{ArrowRight}{ArrowRight}x");
    expect(chosen()).toEqual([1]);
    await user.keyboard("{Shift>}{ArrowRight}{ArrowRight}{/Shift}");
    expect(chosen()).toEqual([1, 2, 3]);
    await user.keyboard("{Control>}a{/Control}");
    expect(screen.getByTestId("selection-bar").textContent).toContain("60 selected");
    await user.keyboard("{Escape}");
    expect(screen.queryByTestId("selection-bar")).toBeNull();
    await user.keyboard("{End}");
    expect(useLibrary.getState().selection.cursor).toBe(59);
  });

  it("lets new captures wait until they are asked for", async () => {
    const backend = renderApp({ captures: 30 });
    const user = await ready();
    backend.arrive(3);
    const notice = await screen.findByTestId("live-notice", undefined, { timeout: 3000 });
    expect(notice.textContent).toContain("3 new");
    expect(shownTotal()).toBe(30);
    await user.keyboard("n");
    await waitFor(() => expect(shownTotal()).toBe(33));
    expect(screen.queryByTestId("live-notice")).toBeNull();
  });

  it("tags the selection, and undoes from the notice", async () => {
    const backend = renderApp({ captures: 30 });
    const user = await ready();
    await user.click(tile(1));
    await user.keyboard("t");
    await user.type(await screen.findByTestId("tag-input"), "blurred{Enter}");
    await screen.findByText(/Tagged 1 capture “blurred”/);
    const tagged = () => backend.captures.filter((capture) => capture.detail.tags.includes("blurred")).length;
    expect(tagged()).toBe(1);
    await user.click(screen.getByText("Undo"));
    await screen.findByText("Undone: Tag blurred");
    expect(tagged()).toBe(0);
  });

  it("opens Annotate on the capture in focus", async () => {
    renderApp({ captures: 30 });
    const user = await ready();
    await user.click(tile(4));
    const wanted = tile(4).dataset["captureId"];
    await user.keyboard("{Enter}");
    await waitFor(() => expect(screen.getByTestId("annotate-view").dataset["captureId"]).toBe(wanted), { timeout: 4000 });
  });
});

describe("order and groups", () => {
  it("sorts by any number, turns the order round, and says so", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    await user.click(screen.getByTestId("sort-menu"));
    await user.click(await screen.findByTestId("sort-width"));
    await waitFor(() => expect(useLibrary.getState().shown?.order.sort).toEqual({ by: "width", descending: false }));
    const aspectsBefore = useLibrary.getState().shown?.aspects;
    await user.click(screen.getByTestId("sort-direction"));
    await waitFor(() => expect(useLibrary.getState().shown?.order.sort.descending).toBe(true));
    expect(useLibrary.getState().shown?.aspects).not.toEqual(aspectsBefore);
  });

  it("groups by site with headings, and selects a group whole", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    await user.keyboard("g");
    await user.click(await screen.findByTestId("group-site"));
    await waitFor(() => expect(useLibrary.getState().shown?.groups.length).toBeGreaterThan(2));
    const groups = useLibrary.getState().shown?.groups ?? [];
    expect(groups.reduce((sum, group) => sum + group.count, 0)).toBe(60);
    await user.click(screen.getAllByTestId("group-tick")[0] as HTMLElement);
    expect(screen.getByTestId("selection-bar").textContent).toContain(`${groups[0]?.count} selected`);
    await user.keyboard("{Control>}{Shift>}a{/Shift}{/Control}");
    expect(screen.queryByTestId("selection-bar")).toBeNull();
  });
});

describe("overlays", () => {
  it("hides unsure proposals and brings them back, and all of them with one key", async () => {
    renderApp({ captures: 30 });
    const user = await ready();
    const drawn = () => document.querySelectorAll(".tile .boxes").length;
    await waitFor(() => expect(drawn()).toBeGreaterThan(0));
    const all = drawn();
    await user.keyboard("b");
    expect(drawn()).toBe(0);
    await user.keyboard("b");
    expect(drawn()).toBe(all);
    await user.click(screen.getByTestId("overlay-menu"));
    await user.click(screen.getByLabelText("Decided solid"));
    const proposals = drawn();
    fireEvent.change(screen.getByTestId("overlay-confidence"), { target: { value: "0.9" } });
    expect(drawn()).toBeLessThan(proposals);
    await user.click(screen.getByLabelText("Proposals dashed"));
    expect(drawn()).toBe(0);
    await user.click(screen.getByText("Draw all"));
    expect(drawn()).toBe(all);
  });
});

describe("slices and picks", () => {
  it("keeps a query under a name with its live count, shows it again, and deletes it with a way back", async () => {
    const backend = renderApp({ captures: 60 });
    const user = await ready();
    await user.type(screen.getByTestId("query-input"), "site:depot-north{Enter}");
    await waitFor(() => expect(shownTotal()).toBeLessThan(60));
    const count = shownTotal();
    await user.click(await screen.findByTestId("save-slice"));
    await user.type(await screen.findByTestId("name-input"), "North{Enter}");
    const slice = await screen.findByTestId("slice");
    expect(slice.textContent).toBe(`North${count}`);
    await user.click(screen.getByLabelText("Clear the query"));
    await waitFor(() => expect(shownTotal()).toBe(60));
    await user.click(slice);
    await waitFor(() => expect(shownTotal()).toBe(count));
    await user.click(screen.getByLabelText("More about North"));
    await user.click(await screen.findByText("Delete the slice"));
    await waitFor(async () => expect(await backend.slices()).toEqual([]));
    await user.click(screen.getByText("Undo"));
    expect((await screen.findByTestId("slice")).textContent).toContain("North");
  });

  it("says why a name cannot be used and stays open", async () => {
    const backend = renderApp({ captures: 30 });
    await backend.saveSlice("Night", "tag:night");
    const user = await ready();
    await user.type(screen.getByTestId("query-input"), "has:image{Enter}");
    await user.click(await screen.findByTestId("save-slice"));
    await user.type(await screen.findByTestId("name-input"), "Night{Enter}");
    expect((await screen.findByRole("alert")).textContent).toContain("There is a slice “Night” already. Choose another name.");
  });

  it("freezes the selection as a pick that a query finds", async () => {
    renderApp({ captures: 60 });
    const user = await ready();
    await user.click(tile(2));
    await user.keyboard("{Shift>}{ArrowRight}{ArrowRight}{/Shift}p");
    await user.type(await screen.findByTestId("name-input"), "By hand{Enter}");
    await user.click(await screen.findByTestId("pick"));
    await waitFor(() => expect(shownTotal()).toBe(3));
    expect(useLibrary.getState().shown?.query).toBe('pick:"By hand"');
  });
});

describe("a million captures", () => {
  it("selects all, takes a group out, and tags the rest as one act", async () => {
    const backend = renderApp({ captures: 1_000_000 });
    const user = await ready();
    expect(shownTotal()).toBe(1_000_000);
    await user.keyboard("{Control>}a{/Control}");
    expect(screen.getByTestId("selection-bar").textContent).toContain("1,000,000 selected");
    await user.click(screen.getAllByTestId("group-tick")[0] as HTMLElement);
    const first = useLibrary.getState().shown?.groups[0]?.count ?? 0;
    await user.keyboard("t");
    await user.type(await screen.findByTestId("tag-input"), "rest{Enter}");
    await screen.findByText(`Tagged ${(1_000_000 - first).toLocaleString("en-US")} captures “rest”`);
    const { total } = await backend.search("tag:rest", { by: "captured", descending: true }, null);
    expect(total).toBe(1_000_000 - first);
  });
});

describe("details", () => {
  it("keeps a note and a field, and both are found", async () => {
    const backend = renderApp({ captures: 30 });
    await backend.defineField("weather", "text", false);
    const user = await ready();
    await user.click(tile(3));
    const captureId = tile(3).dataset["captureId"] ?? "";
    await user.type(await screen.findByTestId("note"), "gate was open{Control>}{Enter}{/Control}");
    await waitFor(async () => expect((await backend.capture(captureId)).note).toBe("gate was open"));
    await user.type(screen.getByTestId("user-field"), "rain{Enter}");
    await waitFor(async () => expect((await backend.capture(captureId)).fields).toEqual([{ name: "weather", value: "rain", number: null }]));
    for (const query of ['note:"gate was"', "field.weather:rain"]) expect((await backend.search(query, { by: "captured", descending: true }, null)).total).toBe(1);
  });

  it("asks for the tag that is clicked", async () => {
    const backend = renderApp({ captures: 30 });
    const user = await ready();
    await user.click(tile(1));
    await backend.tagSelection({ captureIds: [tile(1).dataset["captureId"] ?? ""] }, "blurred", true);
    await user.click(await waitFor(() => within(screen.getByTestId("details")).getByText("blurred")));
    await waitFor(() => expect(useLibrary.getState().shown?.query).toBe("tag:blurred"));
  });
});

describe("facet values", () => {
  it("are found by typing", async () => {
    const backend = renderApp({ captures: 60 });
    backend.captures.forEach(({ detail }, index) => (detail.tags = [`batch ${index % 12}`]));
    const user = await ready();
    await user.click(await screen.findByText(/^Find among/));
    await user.type(await screen.findByTestId("facet-search"), "h 11");
    await waitFor(() => expect(screen.getAllByTestId("facet-row").filter((row) => row.dataset["field"] === "tag").map((row) => row.dataset["value"])).toEqual(["batch 11"]));
  });
});

describe("export", () => {
  it("writes what is selected and says where", async () => {
    const backend = renderApp({ captures: 30 });
    const user = await ready();
    await user.click(screen.getByTestId("export-open"));
    await user.type(await screen.findByTestId("export-out"), "/tmp/out");
    await user.click(screen.getByTestId("export-run"));
    expect((await screen.findByTestId("export-done", undefined, { timeout: 4000 })).textContent).toContain("/tmp/out");
    expect(backend.exports).toEqual([{ out: "/tmp/out", query: "" }]);
  });
});
