/** Has the captures around the open one ready: their details, and for the nearest the decoded picture. */
import type { AssetDto, Backend, CaptureDetail } from "../../../backend/backend";
import { FRAMES_KEPT, FrameCache, type Frame, type LoadFrame } from "./frames";

/** Details are small; more of them are kept than pictures. */
const DETAILS_KEPT = 24;

export class Prefetch {
  private readonly details = new Map<string, Promise<CaptureDetail>>();
  private readonly frames: FrameCache;

  constructor(
    private readonly backend: Pick<Backend, "capture" | "pictureUrl">,
    loadFrame: LoadFrame,
  ) {
    this.frames = new FrameCache(loadFrame);
  }

  detail(captureId: string): Promise<CaptureDetail> {
    const known = this.details.get(captureId);
    if (known) return known;
    const asked = this.backend.capture(captureId);
    this.details.set(captureId, asked);
    asked.catch(() => {
      if (this.details.get(captureId) === asked) this.details.delete(captureId);
    });
    for (const oldest of this.details.keys()) {
      if (this.details.size <= DETAILS_KEPT) break;
      if (oldest !== captureId) this.details.delete(oldest);
    }
    return asked;
  }

  /** Something changed in the capture: what was fetched before no longer holds. */
  forget(captureId: string): void {
    this.details.delete(captureId);
  }

  frame(captureId: string, asset: string): Promise<Frame> {
    return this.frames.get(this.backend.pictureUrl(captureId, asset));
  }

  /**
   * Fetches ahead, one capture after the other so that the open one is never delayed. `neighbours` come in the
   * order in which they will be wanted. Returns how many pictures are decoded.
   */
  async around(open: { captureId: string; asset: string }, neighbours: readonly string[], current: () => boolean): Promise<number> {
    const keep = [this.backend.pictureUrl(open.captureId, open.asset)];
    let decoded = 0;
    for (const captureId of neighbours) {
      if (!current()) return decoded;
      try {
        const detail = await this.detail(captureId);
        const asset = pictureAsset(detail);
        if (!asset || keep.length >= FRAMES_KEPT) continue;
        keep.push(this.backend.pictureUrl(captureId, asset.name));
        if (!current()) return decoded;
        this.frames.keep(keep);
        await this.frame(captureId, asset.name);
        decoded += 1;
      } catch {
        // A neighbour that cannot be fetched is reported when a person goes there.
      }
    }
    if (current()) this.frames.keep(keep);
    return decoded;
  }
}

/** The first asset that is a picture or a video. */
export function pictureAsset(detail: CaptureDetail): AssetDto | undefined {
  return pictureAssets(detail)[0];
}

export function pictureAssets(detail: CaptureDetail): AssetDto[] {
  return detail.assets.filter(({ mediaType }) => mediaType.startsWith("image/") || mediaType.startsWith("video/"));
}
