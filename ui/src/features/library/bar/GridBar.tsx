/** The bar above the result: the ways of looking at it, and what the grid can do. */
import { Grid2x2, LayoutGrid, RectangleHorizontal, Upload } from "lucide-react";
import { IconButton } from "../../../shared/components/Button";
import { Segmented } from "../../../shared/components/fields";
import { formatCounted } from "../../../shared/format";
import { useKeys } from "../../../shared/keys/KeymapProvider";
import { DENSITY, GRID_TAB, useLibrary, type Shown } from "../store";
import type { LibraryTab, TabPlace } from "../tabs";
import { GroupMenu, SortMenu } from "./OrderMenus";
import { OverlayMenu } from "./OverlayMenu";

function Tabs({ tabs }: { readonly tabs: readonly LibraryTab[] }) {
  const tab = useLibrary((state) => state.tab);
  const open = (id: string) => useLibrary.setState({ tab: id });
  useKeys("library", Object.fromEntries([["library.tabGrid", () => open(GRID_TAB)], ...tabs.map((entry) => [entry.action, () => open(entry.id)] as const)]));
  if (tabs.length === 0) return null;
  const title = (icon: React.ReactNode, text: string) => (
    <>
      {icon}
      <span className="only-wide">{text}</span>
    </>
  );
  return (
    <Segmented
      label="View of the result"
      value={tab}
      options={[
        { value: GRID_TAB, title: title(<LayoutGrid size={13} aria-hidden="true" />, "Grid"), tip: "Captures in rows" },
        ...tabs.map((entry) => ({ value: entry.id, title: title(entry.icon, entry.title), tip: entry.title })),
      ]}
      onChange={open}
    />
  );
}

function GridTools({ shown, onExport }: { readonly shown: Shown; readonly onExport: () => void }) {
  const density = useLibrary((state) => state.density);
  return (
    <>
      <GroupMenu />
      <SortMenu shown={shown} />
      <OverlayMenu />
      <span className="row density">
        <Grid2x2 size={12} aria-hidden="true" className="t3" />
        <input
          type="range"
          className="slider"
          aria-label="Size of the thumbnails"
          data-tip="Size of the thumbnails (Ctrl+wheel)"
          min={DENSITY.min}
          max={DENSITY.max}
          value={density}
          onChange={(event) => useLibrary.setState({ density: Number(event.target.value) })}
        />
        <RectangleHorizontal size={16} aria-hidden="true" className="t3" />
      </span>
      <IconButton label="Export what is selected, or all that match" action="library.export" data-testid="export-open" onClick={onExport}>
        <Upload size={15} />
      </IconButton>
    </>
  );
}

/** The bar. */
export function GridBar({ place, tabs, onExport }: { readonly place: TabPlace; readonly tabs: readonly LibraryTab[]; readonly onExport: () => void }) {
  const { shown } = place;
  const tab = useLibrary((state) => state.tab);
  const open = tabs.find((entry) => entry.id === tab);
  return (
    <div className="grid-bar">
      <Tabs tabs={tabs} />
      <span className="strong nowrap ell grid-total">{formatCounted(shown.result.total, "capture")}</span>
      <span className="grow" />
      {open === undefined ? <GridTools shown={shown} onExport={onExport} /> : open.bar?.(place)}
    </div>
  );
}
