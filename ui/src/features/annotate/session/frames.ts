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

interface Entry {
  readonly frame: Promise<Frame>;
  closed: boolean;
}

export class FrameCache {
  /** In the order of use, the latest last. */
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly load: LoadFrame) {}

  /** The picture at an address. A failed one is forgotten, so that asking again tries again. */
  get(url: string): Promise<Frame> {
    const known = this.entries.get(url);
    if (known) {
      this.entries.delete(url);
      this.entries.set(url, known);
      return known.frame;
    }
    const entry: Entry = { frame: this.load(url), closed: false };
    this.entries.set(url, entry);
    entry.frame.then(
      (frame) => {
        if (entry.closed) frame.close();
      },
      () => {
        if (this.entries.get(url) === entry) this.entries.delete(url);
      },
    );
    return entry.frame;
  }

  /** Keeps the pictures that are wanted next, as far as there is room, and closes the rest. */
  keep(wanted: readonly string[]): void {
    const kept = new Set(wanted.slice(0, FRAMES_KEPT));
    for (const [url, entry] of [...this.entries]) {
      if (kept.has(url)) continue;
      this.entries.delete(url);
      entry.closed = true;
      entry.frame.then(
        (frame) => frame.close(),
        () => undefined,
      );
    }
  }

  get size(): number {
    return this.entries.size;
  }
}
