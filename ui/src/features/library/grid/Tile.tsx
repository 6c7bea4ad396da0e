/** One capture in the grid: the photo, its annotations, and at most three small marks. */
import { Check, Film, ImageOff, LineChart, SkipForward, TriangleAlert } from "lucide-react";
import { memo, useEffect, useMemo, useState, type MouseEvent } from "react";
import type { GridItem } from "../../../backend/backend";
import type { ClassTable } from "../../../backend/classes";
import { Boxes } from "../../../shared/components/Boxes";
import { formatClock, formatInstant } from "../../../shared/format";
import { drawnBoxes, type Overlays } from "../overlays/overlays";
import { VideoStrip } from "./VideoStrip";

/** What a tile needs. `item` is undefined until its page has arrived. */
export interface TileProps {
  readonly index: number;
  readonly item: GridItem | undefined;
  readonly leftPx: number;
  readonly topPx: number;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly isSelected: boolean;
  readonly isCursor: boolean;
  readonly thumbUrl: string | undefined;
  readonly classes: ClassTable;
  readonly overlays: Overlays;
  readonly onPress: (index: number, event: MouseEvent) => void;
  readonly onTick: (index: number) => void;
  readonly onOpen: (index: number) => void;
}

const SUBMISSION_MARKS: Readonly<Record<string, { readonly title: string; readonly icon: typeof Check; readonly tone: string }>> = {
  submitted: { title: "Submitted", icon: Check, tone: "mark-ok" },
  verified_empty: { title: "Verified empty", icon: Check, tone: "mark-ok" },
  skipped: { title: "Skipped", icon: SkipForward, tone: "mark-plain" },
  escalated: { title: "Escalated", icon: TriangleAlert, tone: "mark-warn" },
};

function describe(item: GridItem): string {
  const parts = [item.device ?? item.site, formatInstant(item.capturedAtMicros), item.undecided > 0 ? `${item.undecided} undecided` : undefined];
  const submission = SUBMISSION_MARKS[item.submission]?.title;
  return [...parts, submission].filter(Boolean).join(", ");
}

function Marks({ item }: { readonly item: GridItem }) {
  const submission = SUBMISSION_MARKS[item.submission];
  const Icon = submission?.icon;
  return (
    <>
      {item.undecided > 0 ? (
        <span className="tile-mark left">
          <i className="mark-proposal" />
          {item.undecided}
        </span>
      ) : null}
      {Icon === undefined || submission === undefined ? null : (
        <span className={`tile-mark top ${submission.tone}`}>
          <Icon size={10} strokeWidth={2.5} />
        </span>
      )}
      {item.mediaKind === "image" ? null : (
        <span className="tile-mark right">
          {item.mediaKind === "video" ? <Film size={9} /> : <LineChart size={9} />}
          {item.durationMicros === null ? null : formatClock(item.durationMicros / 1e6)}
        </span>
      )}
    </>
  );
}

const RETRY_AFTER_MS = 3000;
const MOST_RETRIES = 3;

/** A thumbnail may still be on its way from a service: it is asked for again a few times. */
function useRetries(url: string | undefined) {
  const [state, setState] = useState<{ readonly url: string | undefined; readonly failures: number; readonly isMissing: boolean }>({ url, failures: 0, isMissing: false });
  const now = state.url === url ? state : { url, failures: 0, isMissing: false };
  const { isMissing, failures } = now;
  useEffect(() => {
    if (!isMissing || failures > MOST_RETRIES) return;
    const timer = setTimeout(() => setState({ url, failures, isMissing: false }), RETRY_AFTER_MS);
    return () => clearTimeout(timer);
  }, [url, failures, isMissing]);
  return { failures, isMissing, onError: () => setState({ url, failures: failures + 1, isMissing: true }) };
}

/** Draws the tile at its place. */
export const Tile = memo(function Tile(props: TileProps) {
  const { index, item, leftPx, topPx, widthPx, heightPx, isSelected, isCursor, thumbUrl, classes, overlays, onPress, onTick, onOpen } = props;
  const { failures, isMissing, onError } = useRetries(thumbUrl);
  const boxes = useMemo(() => drawnBoxes(item?.boxes ?? [], overlays, classes.colorOf), [item, overlays, classes]);
  const className = ["tile", isSelected ? "selected" : "", isCursor ? "cursor" : ""].filter(Boolean).join(" ");
  return (
    <div
      id={`tile-${index}`}
      role="option"
      aria-selected={isSelected}
      aria-label={item === undefined ? "Loading" : describe(item)}
      data-testid="tile"
      data-index={index}
      data-capture-id={item?.captureId}
      className={className}
      style={{ width: widthPx, height: heightPx, transform: `translate(${leftPx}px, ${topPx}px)` }}
      onMouseDown={(event) => {
        if (event.button === 0) onPress(index, event);
      }}
      onDoubleClick={() => onOpen(index)}
    >
      {item === undefined || thumbUrl === undefined ? null : isMissing ? (
        <span className="tile-missing" data-tip="This picture is not on this computer, or cannot be read. The details name the file.">
          <ImageOff size={18} />
        </span>
      ) : (
        <img key={failures} src={thumbUrl} alt="" draggable={false} decoding="async" onError={onError} />
      )}
      {item === undefined ? null : (
        <>
          <Boxes widthPx={item.widthPx} heightPx={item.heightPx} boxes={boxes} />
          {item.mediaKind === "video" ? <VideoStrip captureId={item.captureId} aspect={item.heightPx > 0 ? item.widthPx / item.heightPx : 4 / 3} /> : null}
          <Marks item={item} />
        </>
      )}
      {/* The keyboard selects with Space: this is for the mouse alone. */}
      <span
        aria-hidden="true"
        className="tile-tick"
        data-testid="tile-tick"
        onMouseDown={(event) => {
          event.stopPropagation();
          event.preventDefault();
          if (event.button === 0) onTick(index);
        }}
        onDoubleClick={(event) => event.stopPropagation()}
      >
        <Check size={12} strokeWidth={3} />
      </span>
    </div>
  );
});
