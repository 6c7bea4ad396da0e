/** The crops of a result in square cells. Only what is in sight is in the page, however many there are. */
import { useQueries } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, type MouseEvent } from "react";
import type { ClassTable } from "../../backend/classes";
import { useBackend } from "../../backend/context";
import type { CropItem } from "../../backend/types";
import { useElementSize } from "../../shared/hooks/hooks";
import { useKeys } from "../../shared/keys/KeymapProvider";
import { useVirtualScroll } from "../../shared/scroll/useVirtualScroll";
import { clear, extendTo, isSelected, moveCursor, selectAll, selectOnly, toggle } from "../../shared/selection";
import { CropTile } from "./CropTile";
import { changeCrops, useCrops } from "./store";

const PAGE = 100;
const GAP_PX = 6;
const SIDE_PX = 12;
/** Rows that are drawn beyond what is in sight. */
const SPARE_ROWS = 2;

/** The items from `first` to `end` (exclusive); undefined where a page has not arrived. */
export function useCropItems(searchId: number, first: number, end: number): (index: number) => CropItem | undefined {
  const backend = useBackend();
  const firstPage = Math.floor(first / PAGE);
  const count = end <= first ? 0 : Math.floor((end - 1) / PAGE) - firstPage + 1;
  const pages = useQueries({
    queries: Array.from({ length: count }, (_, step) => ({
      queryKey: ["crops", searchId, firstPage + step],
      queryFn: () => backend.annotationPage(searchId, (firstPage + step) * PAGE, PAGE),
      staleTime: Infinity,
      gcTime: 60_000,
    })),
    combine: useCallback((results: readonly { readonly data: CropItem[] | undefined }[]) => results.map((result) => result.data), []),
  });
  return useCallback((index: number) => pages[Math.floor(index / PAGE) - firstPage]?.[index % PAGE], [pages, firstPage]);
}

const rememberTop = (topPx: number) => useCrops.setState({ topPx });

/** The grid. */
export function CropGrid(props: { readonly searchId: number; readonly total: number; readonly classes: ClassTable; readonly onOpen: (index: number) => void }) {
  const { searchId, total, classes, onOpen } = props;
  const backend = useBackend();
  const scroller = useRef<HTMLDivElement>(null);
  const size = useElementSize(scroller);
  const cellPx = useCrops((state) => state.cellPx);
  const selection = useCrops((state) => state.selection);
  const room = Math.max(cellPx, size.width - 2 * SIDE_PX);
  const columns = Math.max(1, Math.floor((room + GAP_PX) / (cellPx + GAP_PX)));
  const rowPx = cellPx + GAP_PX;
  const rows = Math.ceil(total / columns);
  const scroll = useVirtualScroll(scroller, rows * rowPx + GAP_PX + 72, size.height, rememberTop);
  const firstRow = Math.max(0, Math.floor(scroll.contentPx / rowPx) - SPARE_ROWS);
  const endRow = Math.min(rows, Math.ceil((scroll.contentPx + size.height) / rowPx) + SPARE_ROWS + 1);
  const first = firstRow * columns;
  const end = size.height === 0 ? first : Math.min(total, endRow * columns);
  // While the scroll bar is dragged nothing that passes by is worth a question.
  const itemAt = useCropItems(searchId, first, scroll.isFlying ? first : end);

  const { cursor } = selection;
  const { scrollTo, top } = scroll;
  // Coming back from another view begins where the crops were left; a new result at its top.
  const placed = useRef<number | undefined>(undefined);
  useEffect(() => {
    if (size.height === 0 || placed.current === searchId) return;
    placed.current = searchId;
    scrollTo(useCrops.getState().topPx);
  }, [searchId, size.height, scrollTo]);
  useEffect(() => {
    if (cursor === undefined || size.height === 0) return;
    const rowTop = Math.floor(cursor / columns) * rowPx;
    if (rowTop < top()) scrollTo(rowTop);
    else if (rowTop + rowPx + GAP_PX > top() + size.height) scrollTo(rowTop + rowPx + GAP_PX - size.height);
  }, [cursor, columns, rowPx, size.height, scrollTo, top]);

  const move = (step: (at: number) => number, extends_ = false) => () => {
    if (total === 0) return false;
    changeCrops((last) => {
      const at = last.cursor === undefined ? first : Math.max(0, Math.min(total - 1, step(last.cursor)));
      return extends_ ? extendTo(last, at) : moveCursor(last, at);
    });
    return true;
  };
  useKeys("crops", {
    "crops.left": move((at) => at - 1),
    "crops.right": move((at) => at + 1),
    "crops.up": move((at) => at - columns),
    "crops.down": move((at) => at + columns),
    "crops.extendLeft": move((at) => at - 1, true),
    "crops.extendRight": move((at) => at + 1, true),
    "crops.extendUp": move((at) => at - columns, true),
    "crops.extendDown": move((at) => at + columns, true),
    "crops.first": move(() => 0),
    "crops.last": move(() => total - 1),
    "crops.toggle": () => {
      if (cursor === undefined) return false;
      changeCrops((last) => toggle(last, cursor));
      return true;
    },
    "crops.selectAll": () => changeCrops((last) => selectAll(last, total)),
    "crops.clear": () => {
      if (useCrops.getState().selection.ranges.length === 0) return false;
      changeCrops(clear);
      return true;
    },
    "crops.open": () => {
      if (cursor === undefined) return false;
      onOpen(cursor);
      return true;
    },
  });

  const onPress = useCallback((index: number, event: MouseEvent) => {
    event.preventDefault();
    changeCrops((last) => (event.shiftKey ? extendTo(last, index) : event.ctrlKey || event.metaKey ? toggle(last, index) : selectOnly(index)));
    scroller.current?.focus({ preventScroll: true });
  }, []);

  const tiles = [];
  for (let index = first; index < end; index += 1) {
    const item = itemAt(index);
    tiles.push(
      <CropTile
        key={index}
        index={index}
        item={item}
        url={item === undefined ? undefined : backend.cropUrl(item.annotationId, cellPx > 160 ? 320 : 160)}
        leftPx={(index % columns) * rowPx}
        topPx={GAP_PX + Math.floor(index / columns) * rowPx - scroll.basePx}
        sizePx={cellPx}
        isSelected={isSelected(selection, index)}
        isCursor={cursor === index}
        classes={classes}
        onPress={onPress}
        onOpen={onOpen}
      />,
    );
  }
  return (
    <div
      ref={scroller}
      className="crop-scroll"
      data-testid="crops"
      role="listbox"
      aria-label="Annotations"
      aria-multiselectable="true"
      aria-activedescendant={cursor === undefined ? undefined : `crop-${cursor}`}
      tabIndex={0}
      onScroll={scroll.onScroll}
    >
      <div className="crop-rows" role="presentation" style={{ height: scroll.elementHeightPx, marginLeft: SIDE_PX }}>
        {tiles}
      </div>
    </div>
  );
}
