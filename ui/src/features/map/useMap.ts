/** What the map shows, asked for as the viewport comes to rest. */
import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useBackend } from "../../backend/context";
import type { MapView } from "../../backend/map";
import { messageOf } from "../../backend/errors";
import { rememberJob, useJob } from "../../backend/queries";
import { toast } from "../../shared/components/toasts";
import { useDebounced } from "../../shared/hooks/hooks";
import { CELL_PX } from "./paint";
import { visible, type CanvasSize, type Viewport } from "./viewport";

const SETTLE_MS = 60;

/** How far the map is, the job that makes it, and how to begin one. */
export function useMapState() {
  const backend = useBackend();
  const client = useQueryClient();
  const state = useQuery({ queryKey: ["map", "state"], queryFn: () => backend.mapState() });
  const job = useJob(state.data?.jobId ?? undefined);
  const jobState = job?.state;
  useEffect(() => {
    if (jobState === undefined || jobState === "queued" || jobState === "running") return;
    void client.invalidateQueries({ queryKey: ["map"] });
  }, [client, jobState]);
  const begin = () => {
    backend.startMap().then(
      (started) => {
        rememberJob(client, started);
        void client.invalidateQueries({ queryKey: ["map", "state"] });
      },
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
  };
  return { state, job, begin };
}

/** Where all points lie. */
export function useMapBounds(isReady: boolean, points: number) {
  const backend = useBackend();
  return useQuery({ queryKey: ["map", "bounds", points], queryFn: () => backend.mapBounds(), enabled: isReady });
}

/** What lies in the viewport; while it moves, what lay there before. */
export function useMapPicture(searchId: number, viewport: Viewport | undefined, size: CanvasSize, colourBy: string | null) {
  const backend = useBackend();
  const settled = useDebounced(viewport, SETTLE_MS);
  const view: MapView | undefined =
    settled === undefined || size.width === 0
      ? undefined
      : { ...visible(settled, size), columns: Math.ceil(size.width / CELL_PX), rows: Math.ceil(size.height / CELL_PX), colourBy };
  return useQuery({
    queryKey: ["map", "view", searchId, view],
    queryFn: async () => {
      if (view === undefined) throw new Error("the query is not enabled without a view");
      return { view, picture: await backend.mapView(searchId, view) };
    },
    enabled: view !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  });
}

/** The colours and what they stand for. */
export function useMapLegend(searchId: number, colourBy: string | null, isReady: boolean) {
  const backend = useBackend();
  return useQuery({
    queryKey: ["map", "legend", searchId, colourBy],
    queryFn: () => backend.mapLegend(searchId, colourBy ?? ""),
    enabled: isReady && colourBy !== null,
    placeholderData: keepPreviousData,
  });
}
