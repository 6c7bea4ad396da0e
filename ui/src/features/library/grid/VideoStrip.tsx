/** The moments of a video under the pointer: from its left edge to its right one runs its whole length. */
import { useState } from "react";
import { useBackend } from "../../../backend/context";

/** Moments in one strip. */
const FRAMES = 16;

/** Lies over a thumbnail while the pointer is on it. The strip is one picture with the moments side by side. */
export function VideoStrip({ captureId }: { readonly captureId: string }) {
  const backend = useBackend();
  const [fraction, setFraction] = useState<number | undefined>(undefined);
  const [isLoaded, setIsLoaded] = useState(false);
  const isPlaying = fraction !== undefined && isLoaded;
  const url = backend.stripUrl(captureId, FRAMES);
  const frame = Math.min(FRAMES - 1, Math.floor((fraction ?? 0) * FRAMES));
  return (
    <span
      className="video-strip"
      aria-hidden="true"
      onMouseMove={(event) => {
        const bounds = event.currentTarget.getBoundingClientRect();
        setFraction(Math.max(0, Math.min(1, (event.clientX - bounds.left) / Math.max(1, bounds.width))));
      }}
      onMouseLeave={() => setFraction(undefined)}
    >
      {fraction === undefined ? null : (
        <span className={isPlaying ? "video-strip-window" : "video-strip-window loading"}>
          <img src={url} alt="" draggable={false} style={{ width: `${FRAMES * 100}%`, transform: `translateX(${(-100 * frame) / FRAMES}%)` }} onLoad={() => setIsLoaded(true)} />
        </span>
      )}
      {isPlaying ? <i className="video-strip-head" style={{ left: `${fraction * 100}%` }} /> : null}
    </span>
  );
}
