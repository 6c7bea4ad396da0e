/** Full pictures, decoded ahead of time. Few stay alive: each costs width x height x 4 bytes. */

/** A decoded picture that can be put on the canvas at once. */
export interface Frame {
  readonly element: HTMLElement;
  readonly width: number;
  readonly height: number;
  /** Gives the decoded pixels back. */
  readonly close: () => void;
}

export type LoadFrame = (url: string) => Promise<Frame>;

/** How many decoded pictures stay alive. */
export const FRAMES_KEPT = 5;

/** Loads and decodes a picture. An <img> obeys the EXIF orientation on every engine; bitmaps do not. */
export async function loadImageFrame(url: string): Promise<Frame> {
  const image = new Image();
  image.decoding = "sync";
  image.alt = "";
  image.draggable = false;
  image.src = url;
  await image.decode();
  return {
    element: image,
    width: image.naturalWidth,
    height: image.naturalHeight,
    close: () => image.removeAttribute("src"),
  };
}

export class FrameCache {
  private readonly frames = new Map<string, Promise<Frame>>();

  constructor(private readonly load: LoadFrame) {}

  /** The picture at an address. A failed one is forgotten, so that asking again tries again. */
  get(url: string): Promise<Frame> {
    const known = this.frames.get(url);
    if (known) return known;
    const asked = this.load(url);
    this.frames.set(url, asked);
    asked.catch(() => {
      if (this.frames.get(url) === asked) this.frames.delete(url);
    });
    return asked;
  }

  /** Keeps the pictures that are wanted next, as far as there is room, and closes the rest. */
  keep(wanted: readonly string[]): void {
    const kept = new Set(wanted.slice(0, FRAMES_KEPT));
    for (const [url, asked] of [...this.frames]) {
      if (kept.has(url)) continue;
      this.frames.delete(url);
      // One that is still on its way is closed when it arrives.
      asked.then(
        (frame) => frame.close(),
        () => undefined,
      );
    }
  }

  get size(): number {
    return this.frames.size;
  }
}
