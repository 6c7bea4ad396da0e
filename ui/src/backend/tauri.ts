/** The application behind the window: generated commands, events and the custom scheme for pictures. */
import { convertFileSrc } from "@tauri-apps/api/core";
import { listen, type EventName } from "@tauri-apps/api/event";
import type { Backend, Unsubscribe } from "./backend";
import { BackendError } from "./errors";
import { commands } from "./generated/bindings";
import { tauriMedia } from "./media";
import { rawCalls } from "./raw";
import type { AppError } from "./types";

function rethrow(reason: unknown): never {
  const isRefusal = typeof reason === "object" && reason !== null && "code" in reason && "message" in reason;
  throw isRefusal ? new BackendError(reason as AppError) : reason;
}

/** The same calls, rejecting with errors that the views can tell apart. */
function refusing<T extends object>(all: T): T {
  const entries = Object.entries(all).map(([name, run]) => {
    const call = run as (...args: unknown[]) => Promise<unknown>;
    return [name, (...args: unknown[]) => call(...args).catch(rethrow)];
  });
  return Object.fromEntries(entries) as T;
}

function subscribe<T>(event: EventName, listener: (payload: T) => void): Unsubscribe {
  const stopping = listen<T>(event, ({ payload }) => listener(payload));
  return () => void stopping.then((stop) => stop());
}

function mediaUrl(path: string): string {
  return convertFileSrc(path, "muster").replace(/%2F/g, "/");
}

const media = tauriMedia(mediaUrl);

/** The backend of the real window. */
export const tauriBackend: Backend = {
  ...refusing({ ...commands, ...rawCalls }),
  ...media,
  series: (captureId, asset, maxPoints) => media.series(captureId, asset, maxPoints).catch(rethrow),
  tileGrid: (captureId, asset) => media.tileGrid(captureId, asset).catch(rethrow),
  thumbUrl: (captureId, longEdgePx) => mediaUrl(`thumb/${captureId}/${longEdgePx}`),
  stripUrl: (captureId, frames) => mediaUrl(`strip/${captureId}/${frames}`),
  pictureUrl: (captureId, asset) => mediaUrl(`picture/${captureId}/${encodeURIComponent(asset)}`),
  onJob: (listener) => subscribe("job", listener),
  onLibraryChanged: (listener) => subscribe("library_changed", listener),
  onConnection: (listener) => subscribe("connection", listener),
};
