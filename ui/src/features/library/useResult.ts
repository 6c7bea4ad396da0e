/** Keeps a result on screen: the first one, and the capture that a person left off at. */
import { useEffect, useRef } from "react";
import { useBackend } from "../../backend/context";
import { useLatest } from "../../shared/hooks/hooks";
import { useItems } from "./grid/pages";
import { complain } from "./selected/useBulk";
import { placeCursor, runQuery, useLibrary, type Shown } from "./store";

/** Runs the first query, and again when the first captures arrive in an empty library. */
export function useFirstResult(captures: number): void {
  const backend = useBackend();
  useEffect(() => {
    const { shown: last, isRunning } = useLibrary.getState();
    const isFilling = last !== undefined && last.result.total === 0 && last.query.trim() === "" && captures > 0;
    if ((last === undefined || isFilling) && !isRunning) void runQuery(backend);
  }, [backend, captures]);
}

/** The capture in focus, or the first one; tells of each that gets the focus, and restores the last one once. */
export function useFocusedCapture(shown: Shown | undefined, restoreCaptureId: string | null, onCapture: (captureId: string) => void) {
  const backend = useBackend();
  const cursor = useLibrary((state) => state.selection.cursor);
  const at = cursor ?? ((shown?.result.total ?? 0) > 0 ? 0 : undefined);
  const itemAt = useItems(shown?.result.searchId, at ?? 0, at === undefined ? 0 : at + 1);
  const captureId = at === undefined ? undefined : itemAt(at)?.captureId;

  const told = useLatest(onCapture);
  useEffect(() => {
    if (cursor !== undefined && captureId !== undefined) told.current(captureId);
  }, [cursor, captureId, told]);

  const wanted = useLatest(restoreCaptureId);
  const firstSearchId = useRef<number | undefined>(undefined);
  useEffect(() => {
    // Only the first result of this view: a new query begins at its top.
    if (shown === undefined || firstSearchId.current !== undefined) return;
    firstSearchId.current = shown.result.searchId;
    if (wanted.current === null || useLibrary.getState().selection.cursor !== undefined) return;
    backend.indexOf(shown.result.searchId, wanted.current).then((index) => index !== null && useLibrary.getState().selection.cursor === undefined && placeCursor(index), complain);
  }, [backend, shown, wanted]);
  return { at, captureId };
}
