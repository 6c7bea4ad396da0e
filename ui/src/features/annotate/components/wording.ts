/** Words and figures of the view. */
import type { CaptureDetail } from "../../../backend/backend";
import { formatConfidence } from "../../../shared/format";

/** Proposals from this confidence on are accepted by one key. */
export const ACCEPT_ABOVE = 0.8;

export function thresholdText(threshold: number): string {
  return formatConfidence(threshold);
}

/** What a person calls a capture: its device, or the path that it was imported from. */
export function titleOf(detail: CaptureDetail): string {
  return detail.device ?? detail.sourcePath ?? "Capture";
}
