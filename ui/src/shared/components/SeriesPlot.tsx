/** Channels of a series, one small plot below the other over one axis of time, with the trigger and a cursor that all share. */
import { useEffect, useId, useRef, useState } from "react";
import "../locale";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { formatNumber } from "../format";
import { useElementSize, useLatest } from "../hooks/hooks";
import "./series.css";

/** One channel. */
export interface PlotChannel {
  readonly name: string;
  readonly unit: string | null;
  readonly times: readonly number[];
  readonly values: readonly number[];
}

interface SeriesPlotProps {
  readonly channels: readonly PlotChannel[];
  readonly durationS: number;
  /** Where the trigger fired. */
  readonly triggerAtS?: number | null;
  /** Where something else, such as a video, stands. */
  readonly atS?: number | null;
  /** The place under the pointer; undefined when it leaves. */
  readonly onHover?: (second: number | undefined) => void;
  /** Channels beyond these are shown on demand. */
  readonly most?: number;
  readonly height?: number;
}

const COLOURS = ["--plot-2", "--plot-3", "--plot-4", "--plot-1"];
const AXIS_PX = 22;

function useTheme(): string {
  const read = () => document.documentElement.dataset["theme"] ?? "";
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const observer = new MutationObserver(() => setTheme(read()));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return theme;
}

function rangeOf(values: readonly number[]): { readonly least: number; readonly greatest: number } {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  return { least, greatest };
}

/** A value as its channel's range lets it matter: what is a thousandth of it is nothing. */
function formatValue(value: number, { least, greatest }: { readonly least: number; readonly greatest: number }): string {
  return formatNumber(Math.abs(value) < (greatest - least) / 1000 ? 0 : value);
}

/** The value that was last measured at this time. */
export function valueAt(channel: PlotChannel, second: number): number | undefined {
  let low = 0;
  let high = channel.times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((channel.times[middle] ?? 0) <= second) low = middle + 1;
    else high = middle;
  }
  return channel.values[Math.max(0, low - 1)];
}

/** A vertical line across the plot. */
function drawLine(plot: UPlot, second: number | null | undefined, colour: string, dash: number[]): void {
  if (second === null || second === undefined) return;
  const x = plot.valToPos(second, "x", true);
  if (x < plot.bbox.left || x > plot.bbox.left + plot.bbox.width) return;
  const { ctx } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = window.devicePixelRatio;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(x, plot.bbox.top);
  ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
  ctx.stroke();
  ctx.restore();
}

interface ChannelPlotProps {
  readonly channel: PlotChannel;
  readonly colour: string;
  readonly durationS: number;
  readonly triggerAtS: number | null | undefined;
  readonly atS: number | null | undefined;
  readonly withAxis: boolean;
  readonly height: number;
  readonly width: number;
  readonly syncKey: string;
  readonly theme: string;
  readonly onHover: (second: number | undefined) => void;
}

function ChannelPlot(props: ChannelPlotProps) {
  const { channel, colour, durationS, withAxis, height, width, syncKey, theme } = props;
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot | null>(null);
  const lines = useLatest({ triggerAtS: props.triggerAtS, atS: props.atS });
  const onHover = useLatest(props.onHover);
  useEffect(() => {
    const element = host.current;
    // Without a canvas (a test's document) the name, the range and the value under the cursor still stand beside it.
    if (element === null || width === 0 || document.createElement("canvas").getContext("2d") === null) return;
    const style = getComputedStyle(document.documentElement);
    const token = (name: string) => style.getPropertyValue(name).trim();
    const created = new UPlot(
      {
        width,
        height: height + (withAxis ? AXIS_PX : 0),
        padding: [4, 12, withAxis ? 0 : 4, 12],
        legend: { show: false },
        scales: { x: { time: false, range: [0, Math.max(durationS, 1e-9)] } },
        axes: [
          { show: withAxis, size: AXIS_PX, stroke: token("--text-3"), font: "11px system-ui", grid: { show: false }, ticks: { show: false }, values: (_, splits) => splits.map((split) => `${Number(split.toPrecision(6))} s`) },
          { show: false },
        ],
        series: [{}, { stroke: token(colour), width: 1.25, points: { show: false } }],
        cursor: {
          sync: { key: syncKey, setSeries: false },
          drag: { x: false, y: false },
          y: false,
          points: { size: 5 },
        },
        hooks: {
          draw: [
            (drawn) => {
              drawLine(drawn, lines.current.triggerAtS, token("--warn-fill"), [4, 3]);
              drawLine(drawn, lines.current.atS, token("--accent"), []);
            },
          ],
          setCursor: [
            (moved) => {
              const { left } = moved.cursor;
              onHover.current(left === undefined || left === null || left < 0 ? undefined : moved.posToVal(left, "x"));
            },
          ],
        },
      },
      [[...channel.times], [...channel.values]],
      element,
    );
    plot.current = created;
    return () => {
      plot.current = null;
      created.destroy();
    };
  }, [channel, colour, durationS, withAxis, height, width, syncKey, theme, lines, onHover]);
  useEffect(() => plot.current?.redraw(false, false), [props.triggerAtS, props.atS]);
  return <div className="series-canvas" ref={host} style={{ height: height + (withAxis ? AXIS_PX : 0) }} />;
}

/** The plots. */
export function SeriesPlot(props: SeriesPlotProps) {
  const { channels, durationS, triggerAtS, atS, onHover, most = 4, height = 44 } = props;
  const frame = useRef<HTMLDivElement>(null);
  const { width } = useElementSize(frame);
  const theme = useTheme();
  const syncKey = useId();
  const [hovered, setHovered] = useState<number | undefined>(undefined);
  const [all, setAll] = useState(false);
  const shown = all ? channels : channels.slice(0, most);
  const hover = (second: number | undefined) => {
    setHovered(second);
    onHover?.(second);
  };
  return (
    <div className="series" ref={frame} data-testid="series-plot">
      {shown.map((channel, place) => {
        const extent = rangeOf(channel.values);
        const unit = channel.unit === null ? "" : ` ${channel.unit}`;
        const value = hovered === undefined ? undefined : valueAt(channel, hovered);
        const range = `${formatValue(extent.least, extent)} to ${formatValue(extent.greatest, extent)}${unit}`;
        return (
          <figure key={channel.name} className="series-channel" aria-label={`${channel.name}: ${range}`}>
            <figcaption>
              <span className="ell" data-tip={channel.name.length > 20 ? channel.name : undefined}>
                {channel.name}
              </span>
              <span className="series-value">{value === undefined ? <span className="t3">{range}</span> : `${formatValue(value, extent)}${unit}`}</span>
            </figcaption>
            <ChannelPlot
              channel={channel}
              colour={COLOURS[place % COLOURS.length] ?? "--plot-2"}
              durationS={durationS}
              triggerAtS={triggerAtS}
              atS={atS}
              withAxis={place === shown.length - 1}
              height={height}
              width={width}
              syncKey={syncKey}
              theme={theme}
              onHover={hover}
            />
          </figure>
        );
      })}
      {channels.length > most ? (
        <button type="button" className="series-more" onClick={() => setAll(!all)}>
          {all ? `Only the first ${most}` : `${channels.length - most} more`}
        </button>
      ) : null}
    </div>
  );
}
