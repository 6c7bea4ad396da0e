import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { renderApp } from "../testing/render";

async function openDialog() {
  const backend = renderApp({ captures: 5 });
  await screen.findByTestId("app-ready");
  const user = userEvent.setup();
  await user.keyboard("{Control>}i{/Control}");
  return { backend, user, path: await screen.findByTestId("import-path") };
}

describe("import", () => {
  it("says what is new, here already, changed, twice or of no use, and sends what was chosen", async () => {
    const { backend, user, path } = await openDialog();
    await user.type(path, "/data/annotations.json");
    await screen.findByTestId("import-preview");
    expect(screen.getByTestId("import-new").textContent).toBe("120 captures");
    expect(screen.getByTestId("import-matched").textContent).toBe("8");
    expect(screen.getByTestId("import-changed").textContent).toBe("3");
    expect(screen.getByTestId("import-duplicate").textContent).toContain("5");
    expect(screen.getByTestId("import-problems").textContent).toContain("the file has no bytes");
    await user.selectOptions(screen.getByTestId("import-existing"), "replace");
    await user.click(screen.getByText("Leave out pictures with the bytes of another one"));
    await user.click(screen.getByTestId("import-run"));
    await screen.findByTestId("import-done");
    expect(backend.imports).toEqual([
      { path: "/data/annotations.json", format: "auto", media: "reference", createClasses: true, onExisting: "replace", skipDuplicates: true },
    ]);
  });

  it("says that an archive is copied in any case", async () => {
    const { user, path } = await openDialog();
    await user.type(path, "/data/captures.zip");
    expect((await screen.findByTestId("import-preview")).textContent).toContain("in an archive");
    expect(screen.getByText("Those of an archive are copied in any case.")).toBeTruthy();
  });

  it("links a folder that moved again, and names what changed", async () => {
    const { user } = await openDialog();
    await user.keyboard("{Escape}");
    await user.click(screen.getByTestId("rail-settings"));
    const folders = await screen.findAllByTestId("folder");
    expect(folders[1]?.textContent).toContain("It is not there.");
    await user.click(within(folders[1]!).getByText("Relink"));
    expect((await screen.findByTestId("folder-report")).textContent).toContain("1 changed, 1 missing");
    expect(screen.queryByText("It is not there.")).toBeNull();
  });
});
