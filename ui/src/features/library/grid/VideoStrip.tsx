/** The moments of a video under the pointer: from its left edge to its right one runs its whole length. */
import { useState } from "react";
import { useBackend } from "../../../backend/context";

/** Moments that are asked for; a short video has fewer. */
const WANTED = 16;

/** Lies over a thumbnail while the pointer is on it. The strip is one picture with the moments side by side. */
export function VideoStrip({ captureId, aspect }: { readonly captureId: string; readonly aspect: number }) {
  const backend = useBackend();
  const [fraction, setFraction] = useState<number | undefined>(undefined);
  const [frames, setFrames] = useState<number | undefined>(undefined);
  const isPlaying = fraction !== undefined && frames !== undefined;
  const count = frames ?? 1;
  const frame = Math.min(count - 1, Math.floor((fraction ?? 0) * count));
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
          <img
            src={backend.stripUrl(captureId, WANTED)}
            alt=""
            draggable={false}
            style={{ width: `${count * 100}%`, transform: `translateX(${(-100 * frame) / count}%)` }}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setFrames(Math.max(1, Math.round(naturalWidth / Math.max(1, naturalHeight) / aspect)))}
          />
        </span>
      )}
      {isPlaying ? <i className="video-strip-head" style={{ left: `${fraction * 100}%` }} /> : null}
    </span>
  );
}
