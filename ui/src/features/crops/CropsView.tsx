/** Annotations side by side: "all bottles by confidence", decided by the hundred. */
import { Check, Shapes, Sparkles, X } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { AnnotationAct } from "../../backend/backend";
import { useClassTable } from "../../backend/classes";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import { Button } from "../../shared/components/Button";
import { EmptyState } from "../../shared/components/small";
import { toast } from "../../shared/components/toasts";
import { formatCounted } from "../../shared/format";
import { useLatest } from "../../shared/hooks/hooks";
import { useKeys } from "../../shared/keys/KeymapProvider";
import { clear, describeSelection, selectedCount, selectOnly } from "../../shared/selection";
import { ClassDialog } from "./ClassDialog";
import { CropGrid, useCropItems } from "./CropGrid";
import { beginCrops, CELL, changeCrops, resizeCells, useCrops } from "./store";
import { useCropSearch } from "./useCropSearch";
import "./crops.css";

/** What the library gives to the crops. */
export interface CropsViewProps {
  readonly query: string;
  /** Opens the capture of an annotation in Annotate. */
  readonly onOpen: (captureId: string) => void;
  /** Looks for what is like an annotation. */
  readonly onSimilar: (annotationId: string) => void;
  /** The annotation in focus belongs to this capture. */
  readonly onFocus: (captureId: string) => void;
}

function past(act: AnnotationAct, changed: number, nameOf: (classId: string) => string): string {
  const what = formatCounted(changed, "annotation");
  if (act === "accept") return `Accepted ${what}`;
  if (act === "reject") return `Rejected ${what}`;
  return "class" in act ? `${what}: now ${nameOf(act.class)}` : `${act.present ? "Tagged" : "Took the tag off"} ${what}`;
}

/** The crops of a query. */
export function CropsView({ query, onOpen, onSimilar, onFocus }: CropsViewProps) {
  const backend = useBackend();
  const client = useQueryClient();
  const classes = useClassTable();
  const selection = useCrops((state) => state.selection);
  const [isNaming, setIsNaming] = useState(false);
  const found = useCropSearch(query);
  const searchId = found.data?.searchId;
  useEffect(() => {
    if (searchId !== undefined) beginCrops(searchId);
  }, [searchId]);
  const cursor = selection.cursor ?? 0;
  const itemAt = useCropItems(searchId ?? -1, cursor, searchId === undefined || selection.cursor === undefined ? cursor : cursor + 1);

  const focused = selection.cursor === undefined ? undefined : itemAt(selection.cursor)?.captureId;
  const told = useLatest(onFocus);
  useEffect(() => {
    if (focused !== undefined) told.current(focused);
  }, [focused, told]);

  const act = async (what: AnnotationAct) => {
    const { selection: chosen } = useCrops.getState();
    const target = chosen.ranges.length > 0 ? chosen : chosen.cursor === undefined ? undefined : selectOnly(chosen.cursor);
    if (target === undefined || searchId === undefined) return;
    try {
      const { changed, skipped } = await backend.actOnAnnotations(describeSelection(target, searchId), what);
      await client.invalidateQueries({ queryKey: ["crops", searchId] });
      useCrops.setState({ isOld: true });
      // The hand goes on to the next one, as in Annotate.
      const last = target.ranges.at(-1)?.end ?? 0;
      if (chosen.ranges.length <= 1 && selectedCount(target) === 1 && last < (found.data?.total ?? 0)) changeCrops(() => selectOnly(last));
      else changeCrops(clear);
      const undo = () =>
        void backend.undo(null).then(
          ({ title }) => {
            void client.invalidateQueries({ queryKey: ["crops", searchId] });
            toast(title === null ? "Nothing to undo" : `Undone: ${title}`);
          },
          (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
        );
      const left = skipped === 0 ? "" : `; ${formatCounted(skipped, "other")} stayed as it was`;
      toast(past(what, changed, (classId) => classes.nameOf(classId) ?? "another class") + left, { action: { title: "Undo", run: undo } });
    } catch (reason) {
      toast(messageOf(reason), { kind: "bad" });
    }
  };
  const open = (index: number) => {
    if (searchId === undefined) return;
    backend.annotationPage(searchId, index, 1).then(
      ([item]) => item !== undefined && onOpen(item.captureId),
      (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
    );
  };
  const live = classes.classes.filter((entry) => !entry.retired);
  const byDigit = (digit: number) => () => {
    const wanted = live.find((entry) => entry.key === digit);
    if (wanted === undefined) return false;
    void act({ class: wanted.classId });
    return true;
  };
  const similar = () => {
    const item = selection.cursor === undefined ? undefined : itemAt(selection.cursor);
    if (item === undefined) return false;
    onSimilar(item.annotationId);
    return true;
  };
  useKeys("crops", {
    "crops.accept": () => void act("accept"),
    "crops.reject": () => void act("reject"),
    "crops.class": () => setIsNaming(true),
    "crops.similar": similar,
    "crops.larger": () => resizeCells(CELL.step),
    "crops.smaller": () => resizeCells(-CELL.step),
    ...Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`crops.class${at + 1}`, byDigit(at + 1)])),
  });

  if (found.isError) {
    return (
      <div className="crop-none">
        <EmptyState title="The annotations do not open">{messageOf(found.error)}</EmptyState>
      </div>
    );
  }
  if (found.data === undefined) return null;
  const total = found.data.total;
  const count = selectedCount(selection);
  return (
    <div className="crops">
      <div className="crop-place">
        {total === 0 ? (
          <div className="crop-none">
            <EmptyState title="No annotation matches">
              {query.trim() === "" ? "There are no annotations yet." : "No annotation meets the query."} Let a model propose some with Pre-label, or take a term out.
            </EmptyState>
          </div>
        ) : (
          <CropGrid searchId={found.data.searchId} total={total} classes={classes} onOpen={open} />
        )}
        {count === 0 ? null : (
          <div className="selection-bar pop" role="toolbar" aria-label="Selected annotations">
            <b className="nowrap">{`${formatCounted(count, "annotation")} selected`}</b>
            <span className="bar-line" />
            <Button variant="quiet" action="crops.accept" showKey tip="Accept the selected annotations" data-testid="crops-accept" onClick={() => void act("accept")}>
              <Check size={14} />
              Accept
            </Button>
            <Button variant="quiet" action="crops.reject" showKey tip="Reject the selected annotations" data-testid="crops-reject" onClick={() => void act("reject")}>
              <X size={14} />
              Reject
            </Button>
            <Button variant="quiet" action="crops.class" showKey tip="Give the selected annotations another class" data-testid="crops-class" onClick={() => setIsNaming(true)}>
              <Shapes size={14} />
              Class
            </Button>
            {count === 1 ? (
              <Button variant="quiet" action="crops.similar" showKey tip="Find what looks like this one" onClick={similar}>
                <Sparkles size={14} />
                Similar
              </Button>
            ) : null}
            <span className="bar-line" />
            <Button variant="quiet" action="crops.clear" showKey tip="Select nothing" onClick={() => changeCrops(clear)}>
              Clear
            </Button>
          </div>
        )}
      </div>
      {isNaming ? (
        <ClassDialog
          classes={live}
          count={Math.max(1, count)}
          onClose={() => setIsNaming(false)}
          onChoose={(classId) => {
            setIsNaming(false);
            void act({ class: classId });
          }}
        />
      ) : null}
    </div>
  );
}
