/** What stands in the bar above the map. */
import { Hand, LassoSelect, Maximize, RefreshCw } from "lucide-react";
import { Button, IconButton } from "../../shared/components/Button";
import { formatCounted } from "../../shared/format";
import { useMapLook } from "./store";
import { useMapState } from "./useMap";

const COLOURINGS: readonly { readonly value: string; readonly title: string }[] = [
  { value: "", title: "One colour" },
  { value: "class", title: "Class" },
  { value: "site", title: "Site" },
  { value: "device", title: "Device" },
  { value: "trigger", title: "Trigger" },
  { value: "submission", title: "Submission" },
  { value: "decision", title: "Decision" },
  { value: "tag", title: "Tag" },
  { value: "conf", title: "Confidence" },
];

/** The tools of the map. */
export function MapBar() {
  const { state, job, begin } = useMapState();
  const { colourBy, isHand } = useMapLook();
  if (state.data?.ready !== true) return null;
  const isMaking = job !== undefined && (job.state === "queued" || job.state === "running");
  const { stale, points } = state.data;
  return (
    <>
      {isMaking ? <span className="t3 nowrap ell">{job.message ?? "The map is being made anew"}</span> : null}
      {stale === 0 || isMaking ? null : (
        <Button size="small" variant="quiet" tip="These came later and lie among their neighbours; make the map anew to give them their own place" onClick={begin}>
          <RefreshCw size={13} />
          {formatCounted(stale, "new capture")}
        </Button>
      )}
      <span className="t3 nowrap only-wide">{formatCounted(points, "point")}</span>
      <select className="field map-colour" aria-label="Colour" data-testid="map-colour" value={colourBy} onChange={(event) => useMapLook.setState({ colourBy: event.target.value })}>
        {COLOURINGS.map((entry) => (
          <option key={entry.value} value={entry.value}>
            {entry.title}
          </option>
        ))}
      </select>
      <IconButton label="Choose with a lasso (Shift adds, Alt takes away)" small pressed={!isHand} action="map.lasso" onClick={() => useMapLook.setState({ isHand: false })}>
        <LassoSelect size={14} />
      </IconButton>
      <IconButton label="Move the map (or drag with the right button)" small pressed={isHand} action="map.hand" onClick={() => useMapLook.setState({ isHand: true })}>
        <Hand size={14} />
      </IconButton>
      <IconButton label="Show the whole map" small action="map.fit" onClick={() => useMapLook.setState({ viewport: undefined })}>
        <Maximize size={14} />
      </IconButton>
    </>
  );
}
