/** The canvas of the map: moving about, pointing at a capture, drawing a lasso. */
import { useEffect, useMemo, useRef, useState, type PointerEvent, type RefObject } from "react";
import type { MapPicture, MapView } from "../../backend/map";
import { useLatest } from "../../shared/hooks/hooks";
import { hitAt, paint, paintLasso, type MapColours } from "./paint";
import { pan, thinned, toPlane, zoomAt, type CanvasSize, type Place, type Viewport } from "./viewport";

/** What a lasso or a click does with what was selected before. */
export type SelectMode = "replace" | "add" | "remove";

const REACH_PX = 8;
const LASSO_STEP_PX = 3;
const WHEEL_STEP = 1.0015;

type Gesture = { readonly kind: "pan"; last: Place } | { readonly kind: "lasso"; readonly line: Place[]; readonly mode: SelectMode } | undefined;

function modeOf(event: { readonly shiftKey: boolean; readonly ctrlKey: boolean; readonly metaKey: boolean; readonly altKey: boolean }): SelectMode {
  if (event.altKey) return "remove";
  return event.shiftKey || event.ctrlKey || event.metaKey ? "add" : "replace";
}

/** Draws, and hears the pointer. */
export function MapCanvas(props: {
  readonly canvas: RefObject<HTMLCanvasElement | null>;
  readonly drawn: { readonly picture: MapPicture; readonly view: MapView } | undefined;
  readonly viewport: Viewport;
  readonly whole: Viewport;
  readonly size: CanvasSize;
  readonly colours: MapColours;
  readonly isHand: boolean;
  readonly isSelected: (hit: number) => boolean;
  readonly onViewport: (viewport: Viewport) => void;
  readonly onPoint: (hit: number | undefined, at: Place) => void;
  readonly onPick: (hit: number, mode: SelectMode) => void;
  readonly onOpen: (hit: number) => void;
  readonly onLasso: (polygon: [number, number][], mode: SelectMode) => void;
}) {
  const { canvas, drawn, viewport, whole, size, colours, isHand, isSelected, onViewport, onPoint, onPick, onOpen, onLasso } = props;
  const gesture = useRef<Gesture>(undefined);
  const [lasso, setLasso] = useState<readonly Place[]>([]);
  const scale = useMemo(() => (typeof window === "undefined" ? 1 : window.devicePixelRatio || 1), []);

  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === null || context === undefined) return;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    if (drawn === undefined) context.clearRect(0, 0, size.width, size.height);
    else paint(context, drawn, viewport, size, colours, isSelected);
    paintLasso(context, lasso, colours);
  }, [canvas, drawn, viewport, size, colours, isSelected, lasso, scale]);

  // React hears wheel events passively, so that the page could scroll under the map.
  const zoom = useLatest((event: WheelEvent) => {
    const box = canvas.current?.getBoundingClientRect();
    if (box === undefined) return;
    event.preventDefault();
    onViewport(zoomAt(viewport, size, { x: event.clientX - box.left, y: event.clientY - box.top }, WHEEL_STEP ** -event.deltaY, whole));
  });
  useEffect(() => {
    const element = canvas.current;
    const onWheel = (event: WheelEvent) => zoom.current(event);
    element?.addEventListener("wheel", onWheel, { passive: false });
    return () => element?.removeEventListener("wheel", onWheel);
  }, [canvas, zoom]);

  const placeOf = (event: PointerEvent): Place => {
    const box = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const hitUnder = (place: Place) => (drawn === undefined ? undefined : hitAt(drawn.picture, viewport, size, place, REACH_PX));

  const onPointerDown = (event: PointerEvent) => {
    if (event.button > 2) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const place = placeOf(event);
    const isPan = isHand || event.button !== 0;
    gesture.current = isPan ? { kind: "pan", last: place } : { kind: "lasso", line: [place], mode: modeOf(event) };
    if (!isPan) onPoint(undefined, place);
  };
  const onPointerMove = (event: PointerEvent) => {
    const place = placeOf(event);
    const now = gesture.current;
    if (now === undefined) onPoint(hitUnder(place), place);
    else if (now.kind === "pan") {
      onViewport(pan(viewport, place.x - now.last.x, place.y - now.last.y));
      now.last = place;
    } else {
      now.line.push(place);
      setLasso(thinned(now.line, LASSO_STEP_PX));
    }
  };
  const onPointerUp = (event: PointerEvent) => {
    const now = gesture.current;
    gesture.current = undefined;
    setLasso([]);
    if (now?.kind !== "lasso") return;
    const line = thinned(now.line, LASSO_STEP_PX);
    if (line.length >= 3) {
      onLasso(
        line.map((place) => {
          const point = toPlane(viewport, size, place);
          return [point.x, point.y];
        }),
        now.mode,
      );
      return;
    }
    const hit = hitUnder(placeOf(event));
    if (hit !== undefined) onPick(hit, now.mode);
  };
  const cancel = () => {
    gesture.current = undefined;
    setLasso([]);
  };
  return (
    <canvas
      ref={canvas}
      className={isHand ? "map-canvas hand" : "map-canvas"}
      data-testid="map-canvas"
      role="img"
      aria-label="Map of the captures: near each other where they look alike"
      tabIndex={0}
      width={Math.round(size.width * scale)}
      height={Math.round(size.height * scale)}
      style={{ width: size.width, height: size.height }}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={onPointerUp}
      onPointerCancel={cancel}
      onPointerLeave={() => gesture.current === undefined && onPoint(undefined, { x: 0, y: 0 })}
      onContextMenu={(event) => event.preventDefault()}
      onDoubleClick={(event) => {
        const box = event.currentTarget.getBoundingClientRect();
        const hit = hitUnder({ x: event.clientX - box.left, y: event.clientY - box.top });
        if (hit !== undefined) onOpen(hit);
      }}
    />
  );
}
