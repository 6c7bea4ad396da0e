/** The series of the capture, with the instant of its trigger and, under the pointer, the frame of its video. */
import { useQuery } from "@tanstack/react-query";
import { ChartSpline } from "lucide-react";
import { useState } from "react";
import type { AssetDto, CaptureDetail } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { noticeOf } from "../../../backend/errors";
import type { SeriesData } from "../../../backend/media";
import { ErrorPanel } from "../../../shared/components/ErrorPanel";
import { SeriesPlot } from "../../../shared/components/SeriesPlot";
import { formatCounted, formatNumber } from "../../../shared/format";
import { useDebounced } from "../../../shared/hooks/hooks";
import { Section } from "./Section";

const MOST_POINTS = 1200;
const FRAME_DELAY_MS = 60;

function isSeries(asset: AssetDto): boolean {
  return !/^(image|video)\//.test(asset.mediaType);
}

/** The frame that the capture's video shows at this place of the series. */
function VideoFrame(props: { readonly captureId: string; readonly video: AssetDto; readonly second: number }) {
  const { captureId, video, second } = props;
  const backend = useBackend();
  const settled = useDebounced(Math.round(second * 20) / 20, FRAME_DELAY_MS);
  const ratio = video.widthPx > 0 && video.heightPx > 0 ? video.widthPx / video.heightPx : 16 / 9;
  return <img className="series-frame" style={{ aspectRatio: String(ratio) }} src={backend.frameUrl(captureId, video.name, settled * 1e6)} alt={`The video at ${formatNumber(settled)} s`} draggable={false} />;
}

function videoSecond(series: SeriesData, video: AssetDto, at: number | undefined): number | undefined {
  if (at === undefined || series.byRow) return undefined;
  const second = at - series.captureAtS;
  return second < 0 || (video.durationMicros !== null && second * 1e6 > video.durationMicros) ? undefined : second;
}

function OneSeries({ capture, asset }: { readonly capture: CaptureDetail; readonly asset: AssetDto }) {
  const backend = useBackend();
  const { captureId } = capture;
  const [at, setAt] = useState<number | undefined>(undefined);
  const { data: series, error } = useQuery({
    queryKey: ["series", captureId, asset.name],
    queryFn: () => backend.series(captureId, asset.name, MOST_POINTS),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (error !== null) return <ErrorPanel notice={noticeOf(error)} />;
  if (series === undefined) return null;
  const video = capture.assets.find((candidate) => candidate.mediaType.startsWith("video/"));
  const second = video === undefined ? undefined : videoSecond(series, video, at);
  const fired = series.triggerAtS === null ? "" : `, trigger at ${formatNumber(series.triggerAtS)} s`;
  return (
    <Section title={asset.stream === "" ? asset.name : asset.stream} icon={<ChartSpline size={12} />} aside={`${formatCounted(series.rows, "row")}${fired}`}>
      {video === undefined || second === undefined ? null : <VideoFrame captureId={captureId} video={video} second={second} />}
      {series.channels.length === 0 ? <p className="t3">The file has no column of numbers.</p> : <SeriesPlot channels={series.channels} durationS={series.durationS} triggerAtS={series.triggerAtS} onHover={setAt} />}
    </Section>
  );
}

/** A section for each series. */
export function SeriesSections({ capture }: { readonly capture: CaptureDetail }) {
  return capture.assets.filter(isSeries).map((asset) => <OneSeries key={`${capture.captureId} ${asset.name}`} capture={capture} asset={asset} />);
}
