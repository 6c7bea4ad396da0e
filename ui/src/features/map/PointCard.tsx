/** The capture under the pointer. */
import { useQuery } from "@tanstack/react-query";
import { useBackend } from "../../backend/context";
import { formatInstant } from "../../shared/format";
import { useDebounced } from "../../shared/hooks/hooks";
import type { CanvasSize, Place } from "./viewport";

const REST_MS = 60;
const WIDTH_PX = 200;
const HEIGHT_PX = 190;

/** A small picture beside the point, with where and when it was captured. */
export function PointCard(props: { readonly searchId: number; readonly hit: number; readonly at: Place; readonly size: CanvasSize }) {
  const { searchId, hit, at, size } = props;
  const backend = useBackend();
  const rested = useDebounced(hit, REST_MS);
  const { data: item } = useQuery({
    queryKey: ["map", "item", searchId, rested],
    queryFn: async () => (await backend.gridPage(searchId, rested, 1))[0] ?? null,
  });
  if (item === undefined || item === null || rested !== hit) return null;
  const left = at.x + 16 + WIDTH_PX > size.width ? at.x - 16 - WIDTH_PX : at.x + 16;
  const top = Math.max(4, Math.min(at.y - 20, size.height - HEIGHT_PX));
  return (
    <div className="map-card" style={{ left, top, width: WIDTH_PX }}>
      <img src={backend.thumbUrl(item.captureId, 320)} alt="" />
      <b className="ell">{[item.site, item.device].filter(Boolean).join(" · ") || "Imported"}</b>
      <span className="t3">{formatInstant(item.capturedAtMicros)}</span>
    </div>
  );
}
