/**
 * The two layers in the DOM: the picture, moved by a CSS transform, and the canvas of shapes above it.
 * It draws at most once a frame, and only when something changed.
 */

import type { Editor } from "../editor";
import type { Size } from "../geometry/point";
import { paint } from "./paint";

/** From this scale on a person wants to see pixels, not a blur. */
const PIXELATED_FROM = 4;

export class Stage {
  private readonly pictureLayer: HTMLElement;
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D | null;
  private picture: HTMLElement | null = null;
  private frame: number | null = null;
  private readonly fontFamily: string;
  private readonly unsubscribe: () => void;

  /** Fills `root` with the layers. `surface` is the element that takes the pointer: it shows the cursor. */
  constructor(
    private readonly root: HTMLElement,
    private readonly editor: Editor,
    private readonly surface: HTMLElement = root,
  ) {
    const { ownerDocument } = root;
    this.pictureLayer = ownerDocument.createElement("div");
    this.canvas = ownerDocument.createElement("canvas");
    Object.assign(this.pictureLayer.style, {
      position: "absolute",
      left: "0",
      top: "0",
      transformOrigin: "0 0",
      pointerEvents: "none",
    });
    Object.assign(this.canvas.style, { position: "absolute", inset: "0", pointerEvents: "none" });
    root.append(this.pictureLayer, this.canvas);
    this.fontFamily = getComputedStyle(root).fontFamily || "sans-serif";
    this.context = this.canvas.getContext("2d");
    this.unsubscribe = editor.changed.subscribe(() => this.schedule());
    this.schedule();
  }

  /** Shows another picture: an element as large as the image, or null while it is not there yet. */
  setPicture(picture: HTMLElement | null): void {
    if (picture === this.picture) return;
    this.picture = picture;
    this.pictureLayer.replaceChildren(...(picture ? [picture] : []));
    if (picture) Object.assign(picture.style, { display: "block", width: "100%", height: "100%", maxWidth: "none" });
    else for (const name of ["scale", "tx", "ty"]) delete this.surface.dataset[name];
    this.schedule();
  }

  /** The root element has another size, in view pixels, or the window moved to another screen. */
  resize(size: Size, pixelRatio: number): void {
    const width = Math.max(1, Math.round(size.width * pixelRatio));
    const height = Math.max(1, Math.round(size.height * pixelRatio));
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${size.width}px`;
      this.canvas.style.height = `${size.height}px`;
      this.context?.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
    }
    this.editor.camera.setViewport(size);
    // A cleared canvas must not be seen: draw in the same frame.
    this.draw();
  }

  dispose(): void {
    this.unsubscribe();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.root.replaceChildren();
  }

  private schedule(): void {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  private draw(): void {
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    this.frame = null;
    const { scale, tx, ty } = this.editor.viewFromImage;
    const { image } = this.editor;
    const { style } = this.pictureLayer;
    style.width = `${image.width}px`;
    style.height = `${image.height}px`;
    style.transform = `translate(${tx}px, ${ty}px) scale(${scale})`;
    style.imageRendering = scale >= PIXELATED_FROM ? "pixelated" : "auto";
    // Tests of the real window read these to find where a box is on the screen, once the picture stands.
    this.surface.style.cursor = this.editor.cursor;
    if (this.picture) Object.assign(this.surface.dataset, { scale: String(scale), tx: String(tx), ty: String(ty) });
    if (this.context) paint(this.context, this.editor, this.fontFamily);
  }
}
