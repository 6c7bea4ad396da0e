/** Errors of the application, and what a person is told about them. */
import type { AppError, ErrorCode } from "./types";

/** What every call of the backend rejects with when the application refused. */
export class BackendError extends Error implements AppError {
  readonly code: ErrorCode;
  readonly remedy: string | null;
  readonly detail: string | null;
  readonly position: AppError["position"];

  constructor(error: AppError) {
    super(error.message);
    this.name = "BackendError";
    this.code = error.code;
    this.remedy = error.remedy;
    this.detail = error.detail;
    this.position = error.position;
  }
}

/** The fact, the remedy and the technical part of any rejection. */
export function noticeOf(reason: unknown): { readonly fact: string; readonly remedy: string | undefined; readonly technical: string | undefined } {
  if (reason instanceof BackendError) {
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
  if (notice.remedy === undefined) return notice.fact;
  return /[.!?]$/.test(notice.fact) ? `${notice.fact} ${notice.remedy}` : `${notice.fact}. ${notice.remedy}`;
}

/** Which part of connecting to a service a rejection is about; undefined where it is about none. */
export function connectFault(reason: unknown): "address" | "token" | "certificate" | "network" | undefined {
  if (!(reason instanceof BackendError)) return undefined;
  const faults: Readonly<Record<string, "address" | "token" | "certificate" | "network">> = {
    invalid: "address",
    service_address: "address",
    sign_in: "token",
    sign_in_expired: "token",
    service_refused: "token",
    certificate: "certificate",
    service_unreachable: "network",
  };
  return faults[reason.code];
}

/** Whether a rejection carries this code. */
export function hasCode(reason: unknown, code: ErrorCode): boolean {
  return reason instanceof BackendError && reason.code === code;
}
