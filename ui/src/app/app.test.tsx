import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { describe, expect, it } from "vitest";
import { FakeBackend } from "../backend/fake/fake";
import { useLibrary } from "../features/library";
import { renderApp } from "../testing/render";

async function faults(): Promise<string[]> {
  // Colours need a layout engine; contrast is checked in the tokens.
  const { violations } = await axe.run(document.body, { rules: { "color-contrast": { enabled: false }, region: { enabled: false } } });
  return violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html.slice(0, 120)).join(" | ")}`);
}

describe("first start", () => {
  it("leads from one click to pictures and a first class in at most five actions", async () => {
    const backend = renderApp({ firstStart: true });
    const user = userEvent.setup();
    expect((await screen.findByTestId<HTMLInputElement>("start-name")).value).toBe("Ada Lovelace");
    await user.click(screen.getByTestId("start-demo"));
    await waitFor(() => expect(screen.getAllByTestId("tile").length).toBeGreaterThan(3), { timeout: 5000 });
    const name = await screen.findByTestId("first-class-name");
    await user.type(name, "person{Enter}");
    await waitFor(async () => expect((await backend.project()).classes.map((entry) => entry.name)).toEqual(["person"]));
    await waitFor(() => expect(screen.queryByTestId("first-class")).toBeNull());
  });

  it("opens a folder and imports it", async () => {
    const backend = renderApp({ firstStart: true });
    await screen.findByTestId("start-folder");
    await userEvent.setup().click(screen.getByTestId("start-folder"));
    await waitFor(() => expect(screen.getAllByTestId("tile").length).toBeGreaterThan(3), { timeout: 5000 });
    expect((await backend.jobs()).map((job) => job.kind)).toEqual(["import"]);
  });

  it("connects a service, and says what is wrong with the address", async () => {
    const backend = renderApp({ firstStart: true });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("start-connect"));
    const url = await screen.findByTestId("connect-url");
    await user.clear(url);
    await user.type(url, "ftp://x");
    await user.type(screen.getByTestId("connect-token"), "secret");
    await user.click(screen.getByTestId("connect-run"));
    expect((await screen.findByRole("alert")).textContent).toContain("http://host:port");
    await user.clear(url);
    await user.type(url, "http://127.0.0.1:8600{Enter}");
    await waitFor(async () => expect(await backend.connections()).toHaveLength(1));
    await waitFor(() => expect(screen.getAllByTestId("tile").length).toBeGreaterThan(3), { timeout: 5000 });
  });

  it("says what an import would bring before it runs", async () => {
    renderApp({ captures: 5 });
    await screen.findByTestId("app-ready");
    const user = userEvent.setup();
    await user.keyboard("{Control>}i{/Control}");
    await user.type(await screen.findByTestId("import-path"), "/data/annotations.json");
    expect((await screen.findByTestId("import-preview")).textContent).toContain("929 annotations");
    await user.click(screen.getByTestId("import-run"));
    await user.click(await screen.findByTestId("import-done"));
    await screen.findByText("125 captures");
  });

  it("needs a name", async () => {
    renderApp({ firstStart: true });
    const user = userEvent.setup();
    await user.clear(await screen.findByTestId("start-name"));
    expect(screen.getByTestId<HTMLButtonElement>("start-demo").disabled).toBe(true);
    expect(await faults()).toEqual([]);
  });
});

describe("window", () => {
  it("finds and runs a command, and shows the keys of the view", async () => {
    renderApp({ captures: 20 });
    const user = userEvent.setup();
    await screen.findByTestId("app-ready");
    await user.keyboard("{Control>}k{/Control}");
    await user.type(await screen.findByTestId("palette-input"), "proj{Enter}");
    await screen.findByTestId("project-view");
    await user.keyboard("?");
    expect((await screen.findByTestId("key-sheet")).textContent).toContain("Commands");
    await user.keyboard("{Escape}");
    expect(screen.queryByTestId("key-sheet")).toBeNull();
  });

  it("comes back to the view, the query and the panels that were open", async () => {
    const twin = new FakeBackend({ captures: 60 });
    const { searchId } = await twin.search("site:depot-north", { by: "captured", descending: true }, null);
    const [lastCaptureId = null] = await twin.resolveSelection(searchId, [5]);
    const backend = renderApp({ captures: 60, restore: { lastView: "library", lastQuery: "site:depot-north", lastCaptureId, panels: { facets: false, details: true }, density: 200 } });
    const user = userEvent.setup();
    await screen.findByTestId("app-ready");
    expect(useLibrary.getState().shown?.query).toBe("site:depot-north");
    expect(screen.queryAllByTestId("facet-row")).toEqual([]);
    await waitFor(() => expect(useLibrary.getState().selection.cursor).toBe(5));
    await user.keyboard("{Control>}3{/Control}");
    await waitFor(async () => expect((await backend.startState()).restore.lastView).toBe("project"), { timeout: 2000 });
  });

  it("saves settings at once and shows a key that does two things", async () => {
    const backend = renderApp({ captures: 20 });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("rail-settings"));
    await user.click(await screen.findByRole("radio", { name: "Light" }));
    await waitFor(() => expect(document.documentElement.dataset["theme"]).toBe("light"));
    expect((await backend.settings()).theme).toBe("light");
    const threads = screen.getByTestId("setting-threads");
    await user.clear(threads);
    await user.type(threads, "6{Enter}");
    await waitFor(async () => expect((await backend.settings()).inferenceThreads).toBe(6));
    await user.click(screen.getByRole("button", { name: /^Key of Pre-label/ }));
    await user.keyboard("t");
    await waitFor(async () => expect((await backend.settings()).keys).toEqual({ "library.prelabel": "T" }));
    expect(screen.getByText("T is also “Tag”")).toBeDefined();
    expect(screen.getByText("T is also “Pre-label”")).toBeDefined();
  });

  it("adds, renames and retires classes, and takes an unmapped one in with one click", async () => {
    const backend = renderApp({ captures: 60 });
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("rail-project"));
    await user.type(await screen.findByTestId("new-class-name"), "forklift{Enter}");
    await waitFor(async () => expect((await backend.project()).classes.at(-1)?.name).toBe("forklift"));
    const unmapped = (await screen.findAllByTestId("unmapped-row"))[0];
    const modelClass = unmapped?.dataset["modelClass"];
    await user.click(screen.getAllByRole("button", { name: "Add as class" })[0] as HTMLElement);
    await waitFor(async () => expect((await backend.project()).classes.at(-1)?.name).toBe(modelClass));
    await waitFor(async () => expect((await backend.project()).unmapped.some((entry) => entry.modelClass === modelClass)).toBe(false));
    await user.click(screen.getByRole("button", { name: /^Retire forklift/ }));
    await waitFor(async () => expect((await backend.project()).classes.find((entry) => entry.name === "forklift")?.retired).toBe(true));
  });

  it.each(["library", "project", "settings"])("has no accessibility fault in %s", async (view) => {
    renderApp({ captures: 20 });
    await userEvent.setup().click(await screen.findByTestId(`rail-${view}`));
    if (view === "library") await waitFor(() => expect(screen.getAllByTestId("tile")[0]?.dataset["captureId"]).toBeDefined());
    await waitFor(() => expect(screen.getByTestId(`${view}-view`)).toBeDefined());
    expect(await faults()).toEqual([]);
  });
});
