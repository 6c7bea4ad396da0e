/** Everything about the capture in focus: its picture, its facts, why it was captured, and what happened to it. */
import { Activity, Maximize2, Tag } from "lucide-react";
import { useMemo } from "react";
import type { CaptureDetail } from "../../../backend/backend";
import { useClassTable } from "../../../backend/classes";
import { useBackend } from "../../../backend/context";
import { noticeOf } from "../../../backend/errors";
import { useCapture } from "../../../backend/queries";
import { Boxes } from "../../../shared/components/Boxes";
import { Button, IconButton } from "../../../shared/components/Button";
import { ErrorPanel } from "../../../shared/components/ErrorPanel";
import { formatCount, shortenId } from "../../../shared/format";
import { toggleValue } from "../query/terms";
import { askFor, useLibrary } from "../store";
import { Facts } from "./Facts";
import { FieldsSection } from "./FieldsSection";
import { FilesSection } from "./FilesSection";
import { LedgerSection, TriggerSection, Values } from "./History";
import { NoteSection } from "./NoteSection";
import { Section } from "./Section";
import { SeriesSections } from "./SeriesSection";
import "./details.css";

function Picture({ capture }: { readonly capture: CaptureDetail }) {
  const backend = useBackend();
  const { colorOf } = useClassTable();
  const asset = capture.assets.find((candidate) => candidate.widthPx > 0) ?? capture.assets[0];
  const boxes = useMemo(
    () =>
      capture.annotations.flatMap(({ box, classId, decision, asset: on, deleted }) =>
        box === null || decision === "rejected" || deleted || on !== asset?.name ? [] : [{ ...box, color: colorOf(classId), isProposal: decision === "undecided" }],
      ),
    [capture, colorOf, asset],
  );
  const widthPx = asset?.widthPx ?? 0;
  const heightPx = asset?.heightPx ?? 0;
  const ratio = widthPx > 0 && heightPx > 0 ? widthPx / heightPx : 4 / 3;
  return (
    <div className="details-picture">
      <div className="details-shot" style={{ aspectRatio: String(ratio), width: `min(100%, ${260 * ratio}px)` }}>
        <img src={backend.thumbUrl(capture.captureId, 640)} alt="" draggable={false} />
        <Boxes widthPx={widthPx} heightPx={heightPx} boxes={boxes} />
      </div>
    </div>
  );
}

function ClassCounts({ capture }: { readonly capture: CaptureDetail }) {
  const { colorOf, nameOf } = useClassTable();
  const counts = new Map<string, { readonly name: string; readonly color: string; readonly count: number; readonly undecided: number }>();
  for (const annotation of capture.annotations) {
    if (annotation.deleted || annotation.decision === "rejected") continue;
    const name = nameOf(annotation.classId) ?? annotation.modelClass ?? "no class";
    const last = counts.get(name);
    counts.set(name, {
      name,
      color: colorOf(annotation.classId),
      count: (last?.count ?? 0) + 1,
      undecided: (last?.undecided ?? 0) + (annotation.decision === "undecided" ? 1 : 0),
    });
  }
  if (counts.size === 0) return <p className="t3 details-none">No annotations.</p>;
  return (
    <ul className="class-counts">
      {[...counts.values()]
        .sort((a, b) => b.count - a.count)
        .map((entry) => (
          <li key={entry.name}>
            <i className="swatch" style={{ background: entry.color }} />
            <span className="ell">{entry.name}</span>
            <span className="n">
              {formatCount(entry.count)}
              {entry.undecided > 0 ? <span className="t3">, {formatCount(entry.undecided)} undecided</span> : null}
            </span>
          </li>
        ))}
    </ul>
  );
}

/** The panel for one capture. */
export function DetailsPanel({ captureId, onOpen }: { readonly captureId: string | undefined; readonly onOpen: () => void }) {
  const backend = useBackend();
  const { data: capture, error } = useCapture(captureId);
  if (captureId === undefined) return <p className="details-empty t3">Choose a capture to see its facts.</p>;
  if (error !== null) return <ErrorPanel notice={noticeOf(error)} />;
  if (capture === undefined) return null;
  const undecided = capture.annotations.filter((annotation) => annotation.decision === "undecided" && !annotation.deleted).length;
  return (
    <div className="details-scroll" data-testid="details">
      <Picture capture={capture} />
      <section className="sec details-head">
        <div className="row">
          <span className="details-name ell">{capture.device ?? capture.sourcePath?.split("/").at(-1) ?? shortenId(capture.captureId)}</span>
          {undecided > 0 ? <span className="tag warn">{formatCount(undecided)} undecided</span> : null}
          <span className="grow" />
          <IconButton label="Open in Annotate" small action="library.open" onClick={onOpen}>
            <Maximize2 size={14} />
          </IconButton>
        </div>
        <Facts capture={capture} />
        {capture.tags.length === 0 ? null : (
          <div className="details-tags">
            <Tag size={12} aria-label="Tags" />
            {capture.tags.map((tag) => (
              <button key={tag} type="button" className="tag tag-ask" data-tip={`Captures tagged ${tag}`} onClick={() => askFor(backend, toggleValue(useLibrary.getState().text, "tag", tag))}>
                <span className="ell">{tag}</span>
              </button>
            ))}
          </div>
        )}
        <ClassCounts capture={capture} />
      </section>
      <NoteSection key={`note ${capture.captureId}`} captureId={capture.captureId} note={capture.note ?? ""} />
      <FieldsSection key={`fields ${capture.captureId}`} captureId={capture.captureId} values={capture.fields} />
      {capture.trigger === null ? null : <TriggerSection trigger={capture.trigger} />}
      {capture.signals.length === 0 ? null : (
        <Section title="Signals" icon={<Activity size={12} />} aside="at the hit">
          <Values values={capture.signals} />
        </Section>
      )}
      <SeriesSections capture={capture} />
      <FilesSection capture={capture} />
      {capture.ledger.length === 0 ? null : <LedgerSection ledger={capture.ledger} />}
      <div className="details-foot">
        <Button size="small" action="library.open" showKey onClick={onOpen}>
          Open
        </Button>
      </div>
    </div>
  );
}
