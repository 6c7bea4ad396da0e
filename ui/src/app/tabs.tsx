/** Other ways of looking at the library's result: its annotations as crops, and its map. */
import { Crop, Orbit } from "lucide-react";
import { useMemo } from "react";
import type { Backend } from "../backend/backend";
import { useBackend } from "../backend/context";
import { messageOf } from "../backend/errors";
import { CropsBar, CropsView } from "../features/crops";
import { askFor, changeSelection, placeCursor, useLibrary, type LibraryTab, type TabPlace } from "../features/library";
import { MapBar, MapView, type SelectMode } from "../features/map";
import { toast } from "../shared/components/toasts";
import { isSelected, selectOnly, selectRanges, union, without, type Selection } from "../shared/selection";

function select(last: Selection, places: readonly (readonly [number, number])[], mode: SelectMode): Selection {
  const ranges = places.map(([first, end]) => ({ first, end: end + 1 }));
  const [only] = ranges;
  if (mode === "replace") return ranges.length === 1 && only !== undefined && only.end - only.first === 1 ? selectOnly(only.first) : selectRanges(last, ranges, false);
  return { ...last, ranges: mode === "add" ? union(last.ranges, ranges) : without(last.ranges, ranges) };
}

function MapTab({ shown, onOpen }: TabPlace) {
  const selection = useLibrary((state) => state.selection);
  const isChosen = useMemo(() => (hit: number) => isSelected(selection, hit), [selection]);
  return (
    <MapView
      searchId={shown.result.searchId}
      isSelected={isChosen}
      onOpen={onOpen}
      onSelect={(ranges, mode) => changeSelection((last) => select(last, ranges, mode))}
    />
  );
}

/** Puts the library's focus on a capture, so that the details beside the crops are about it. */
function focusIn(backend: Backend, captureId: string): void {
  const { shown } = useLibrary.getState();
  if (shown === undefined) return;
  backend.indexOf(shown.result.searchId, captureId).then(
    (index) => index !== null && placeCursor(index),
    (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
  );
}

/** What looks like an annotation, nearest first, in place of the present query. */
function findSimilar(backend: Backend, annotationId: string): void {
  useLibrary.setState({ tab: "grid" });
  askFor(backend, `similar:annotation/${annotationId}`);
}

/** The tabs. `onCapture` opens a capture in Annotate. */
export function useLibraryTabs(onCapture: (captureId: string) => void): readonly LibraryTab[] {
  const backend = useBackend();
  return useMemo(
    () => [
      {
        id: "crops",
        title: "Crops",
        icon: <Crop size={13} aria-hidden="true" />,
        action: "library.tabCrops",
        bar: ({ shown }) => <CropsBar query={shown.query} />,
        body: ({ shown }) => <CropsView query={shown.query} onOpen={onCapture} onSimilar={(annotationId) => findSimilar(backend, annotationId)} onFocus={(captureId) => focusIn(backend, captureId)} />,
      },
      {
        id: "map",
        title: "Map",
        icon: <Orbit size={13} aria-hidden="true" />,
        action: "library.tabMap",
        showsSelection: true,
        bar: () => <MapBar />,
        body: (place) => <MapTab {...place} />,
      },
    ],
    [backend, onCapture],
  );
}
