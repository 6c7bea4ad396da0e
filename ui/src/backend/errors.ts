/** Turns what a call rejected with into what a person is told. */
import type { AppError, ErrorCode } from "./types";

/** Whether a rejection is the application's own error. */
export function isAppError(reason: unknown): reason is AppError {
  return typeof reason === "object" && reason !== null && "code" in reason && "message" in reason;
}

/** The fact, the remedy and the technical part of any rejection. */
export function noticeOf(reason: unknown): { readonly fact: string; readonly remedy: string | undefined; readonly technical: string | undefined } {
  if (isAppError(reason)) {
    const technical = reason.detail === null ? undefined : `${reason.code}\n${reason.detail}`;
    return { fact: reason.message, remedy: reason.remedy ?? undefined, technical };
  }
  const text = reason instanceof Error ? reason.message : String(reason);
  return {
    fact: "Something in Muster went wrong",
    remedy: "Nothing that was saved is lost. Try again; if it happens again, restart Muster and report the technical part.",
    technical: reason instanceof Error ? (reason.stack ?? text) : text,
  };
}

/** One line for a notice at the lower right. */
export function messageOf(reason: unknown): string {
  const notice = noticeOf(reason);
  return notice.remedy === undefined ? notice.fact : `${notice.fact}. ${notice.remedy}`;
}

/** Whether a rejection carries this code. */
export function hasCode(reason: unknown, code: ErrorCode): boolean {
  return isAppError(reason) && reason.code === code;
}
