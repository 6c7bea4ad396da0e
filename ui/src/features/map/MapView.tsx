/** The map of a result: what looks alike lies together. A lasso selects, and the grid shows the same selection. */
import { Network } from "lucide-react";
import { useMemo, useRef, useState } from "react";
import { useClassTable } from "../../backend/classes";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import type { MapLegendEntry } from "../../backend/types";
import type { JobDto } from "../../backend/types";
import { Button } from "../../shared/components/Button";
import { paletteColor } from "../../shared/components/palette";
import { EmptyState, ProgressBar, Swatch } from "../../shared/components/small";
import { toast } from "../../shared/components/toasts";
import { formatCount } from "../../shared/format";
import { useElementSize } from "../../shared/hooks/hooks";
import { useKeys } from "../../shared/keys/KeymapProvider";
import { MapCanvas, type SelectMode } from "./MapCanvas";
import type { MapColours } from "./paint";
import { PointCard } from "./PointCard";
import { useMapLook } from "./store";
import { useMapBounds, useMapLegend, useMapPicture, useMapState } from "./useMap";
import { fit, zoomAt, type Place, type Viewport } from "./viewport";
import "./map.css";

const ZOOM_STEP = 1.5;
/** What the library gives to the map. */
export interface MapViewProps {
  readonly searchId: number;
  readonly isSelected: (hit: number) => boolean;
  readonly onSelect: (ranges: readonly (readonly [number, number])[], mode: SelectMode) => void;
  readonly onOpen: (index: number) => void;
}

function Making({ job }: { readonly job: JobDto }) {
  const fraction = job.total === null || job.total === 0 ? undefined : job.done / job.total;
  return (
    <div className="map-none">
      <EmptyState title="The map is being made" actions={<ProgressBar fraction={fraction} label={job.title} />}>
        {job.message ?? job.title}. You can go on working; it stays in the list of jobs.
      </EmptyState>
    </div>
  );
}

function Legend({ entries, colourOf }: { readonly entries: readonly MapLegendEntry[]; readonly colourOf: (index: number) => string }) {
  if (entries.length === 0) return null;
  return (
    <ul className="map-legend" aria-label="Colours">
      {entries.map((entry, index) => (
        <li key={entry.value}>
          <Swatch color={colourOf(index)} />
          <span className="ell">{entry.value}</span>
          <span className="t3">{formatCount(entry.count)}</span>
        </li>
      ))}
    </ul>
  );
}

function cssColour(name: string, otherwise: string): string {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return /^#[0-9a-f]{6}$/i.test(value) ? value : otherwise;
}

/** The map, or why there is none yet. */
export function MapView(props: MapViewProps) {
  const { state, job, begin } = useMapState();
  if (state.isError) {
    return (
      <div className="map-none">
        <EmptyState title="The map does not open">{messageOf(state.error)}</EmptyState>
      </div>
    );
  }
  if (state.data === undefined) return null;
  const isMaking = job !== undefined && (job.state === "queued" || job.state === "running");
  if (!state.data.ready) {
    if (isMaking) return <Making job={job} />;
    return (
      <div className="map-none">
        <EmptyState
          title="No map yet"
          actions={
            <Button variant="primary" onClick={begin} data-testid="map-start">
              <Network size={14} />
              Make the map
            </Button>
          }
        >
          The map puts captures that look alike side by side. Making it embeds every picture once, in the background.
        </EmptyState>
      </div>
    );
  }
  return <ReadyMap {...props} points={state.data.points} />;
}

function ReadyMap(props: MapViewProps & { readonly points: number }) {
  const { searchId, points, isSelected, onSelect, onOpen } = props;
  const backend = useBackend();
  const classes = useClassTable();
  const place = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useElementSize(place);
  const bounds = useMapBounds(true, points).data;
  const whole = useMemo(() => (bounds === undefined || bounds === null || size.width === 0 ? undefined : fit(bounds, size)), [bounds, size]);
  const { viewport: moved, colourBy, isHand } = useMapLook();
  const setMoved = (next: Viewport | undefined) => useMapLook.setState({ viewport: next });
  const viewport = moved ?? whole;
  const [pointed, setPointed] = useState<{ readonly hit: number; readonly at: Place } | undefined>(undefined);
  const picture = useMapPicture(searchId, viewport, size, colourBy === "" ? null : colourBy);
  const legend = useMapLegend(searchId, colourBy === "" ? null : colourBy, true).data;
  const entries = useMemo(() => (colourBy === "" ? [] : (legend ?? [])), [colourBy, legend]);

  const theme = document.documentElement.dataset.theme;
  const colours = useMemo<MapColours>(() => {
    const of = (index: number) => {
      const entry = entries[index];
      return entry?.classId === null || entry === undefined ? paletteColor((index % 20) + 1) : classes.colorOf(entry.classId);
    };
    return { of, outside: cssColour("--line-2", "#383b3e"), plain: cssColour("--accent-fill", "#5fb0f5"), ring: cssColour("--text-1", "#eceded"), theme } as MapColours;
  }, [entries, classes, theme]);

  const zoom = (factor: number) => {
    if (viewport !== undefined && whole !== undefined) setMoved(zoomAt(viewport, size, { x: size.width / 2, y: size.height / 2 }, factor, whole));
  };
  useKeys("map", {
    "map.fit": () => setMoved(undefined),
    "map.nearer": () => zoom(ZOOM_STEP),
    "map.farther": () => zoom(1 / ZOOM_STEP),
    "map.lasso": () => useMapLook.setState({ isHand: false }),
    "map.hand": () => useMapLook.setState({ isHand: true }),
    "map.open": () => {
      if (pointed === undefined) return false;
      onOpen(pointed.hit);
      return true;
    },
  });
  const choose = (polygon: [number, number][], mode: SelectMode) => {
    backend.selectInPolygon(searchId, polygon).then(
      ({ ranges, count }) => {
        if (count === 0 && mode !== "replace") return;
        onSelect(ranges, mode);
        if (count === 0) toast("No capture of the result lies inside");
      },
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
  };
  const isDensity = picture.data?.picture.kind === "density";
  return (
    <div className="map">
      <div ref={place} className="map-place">
        {viewport === undefined || whole === undefined ? null : (
          <MapCanvas
            canvas={canvas}
            drawn={picture.data}
            viewport={viewport}
            whole={whole}
            size={size}
            colours={colours}
            isHand={isHand}
            isSelected={isSelected}
            onViewport={(next) => {
              setPointed(undefined);
              setMoved(next);
            }}
            onPoint={(hit, at) => setPointed(hit === undefined ? undefined : { hit, at })}
            onPick={(hit, mode) => onSelect([[hit, hit]], mode)}
            onOpen={onOpen}
            onLasso={choose}
          />
        )}
        <Legend entries={entries} colourOf={colours.of} />
        {isDensity ? <span className="map-note">Too many points to tell apart: brightness is how many. Zoom in for single captures.</span> : null}
        {pointed === undefined ? null : <PointCard searchId={searchId} hit={pointed.hit} at={pointed.at} size={size} />}
      </div>
    </div>
  );
}
