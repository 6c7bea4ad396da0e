/** Which annotations are drawn on the thumbnails: a person may hide classes, decided ones, and unsure proposals. */
import type { GridBox } from "../../../backend/backend";
import type { DrawnBox } from "../../../shared/components/Boxes";

/** What is drawn. */
export interface Overlays {
  readonly isOn: boolean;
  /** Proposals that are less sure are not drawn. */
  readonly leastConfidence: number;
  readonly showsProposals: boolean;
  readonly showsDecided: boolean;
  /** Ids of classes that are not drawn; `NO_CLASS` stands for annotations without one. */
  readonly hiddenClasses: ReadonlySet<string>;
}

/** Annotations whose class is in no schema. */
export const NO_CLASS = "";

/** Everything but rejected ones. */
export const ALL_OVERLAYS: Overlays = { isOn: true, leastConfidence: 0, showsProposals: true, showsDecided: true, hiddenClasses: new Set() };

/** Whether something is hidden that could be drawn. */
export function hidesSome(overlays: Overlays): boolean {
  return !overlays.isOn || overlays.leastConfidence > 0 || !overlays.showsProposals || !overlays.showsDecided || overlays.hiddenClasses.size > 0;
}

function isDrawn(box: GridBox, overlays: Overlays): boolean {
  if (box.decision === "rejected" || overlays.hiddenClasses.has(box.classId ?? NO_CLASS)) return false;
  if (box.decision !== "undecided") return overlays.showsDecided;
  // A proposal of unknown confidence is not known to be unsure.
  return overlays.showsProposals && (box.confidence ?? 1) >= overlays.leastConfidence;
}

/** The boxes of a thumbnail with their looks. */
export function drawnBoxes(boxes: readonly GridBox[], overlays: Overlays, colorOf: (classId: string | null) => string): DrawnBox[] {
  if (!overlays.isOn) return [];
  return boxes
    .filter((box) => isDrawn(box, overlays))
    .map(({ x, y, width, height, classId, decision }) => ({ x, y, width, height, color: colorOf(classId), isProposal: decision === "undecided" }));
}

/** Hides a class, or draws it again. */
export function toggleClass(overlays: Overlays, classId: string): Overlays {
  const hiddenClasses = new Set(overlays.hiddenClasses);
  if (!hiddenClasses.delete(classId)) hiddenClasses.add(classId);
  return { ...overlays, hiddenClasses };
}

/** Draws this class alone; all of them when it was alone already. */
export function onlyClass(overlays: Overlays, classId: string, all: readonly string[]): Overlays {
  const others = all.filter((other) => other !== classId);
  const isAlone = !overlays.hiddenClasses.has(classId) && others.every((other) => overlays.hiddenClasses.has(other));
  return { ...overlays, hiddenClasses: new Set(isAlone ? [] : others) };
}
