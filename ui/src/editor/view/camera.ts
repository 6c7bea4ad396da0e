/** What part of the picture the person sees. */

import type { ImageBox, ImagePoint, Size, ViewPoint } from "../geometry/point";
import {
  centred,
  fit,
  IDENTITY,
  keepInSight,
  panBy,
  panIntoSight,
  toImage,
  zoomAbout,
  type ViewFromImage,
} from "../geometry/transform";

/** View pixels left free around a fitted picture. */
const FIT_PADDING = 12;

export class Camera {
  private transform: ViewFromImage = IDENTITY;
  private imageSize: Size = { width: 1, height: 1 };
  private viewportSize: Size = { width: 1, height: 1 };
  private fitted = true;

  constructor(private readonly changed: () => void) {}

  get viewFromImage(): ViewFromImage {
    return this.transform;
  }

  get image(): Size {
    return this.imageSize;
  }

  get viewport(): Size {
    return this.viewportSize;
  }

  /** Whether the whole picture is shown, and stays so when the window changes its size. */
  get isFitted(): boolean {
    return this.fitted;
  }

  toImage(at: ViewPoint): ImagePoint {
    return toImage(this.transform, at);
  }

  /** Another picture: show all of it. */
  setImage(image: Size): void {
    this.imageSize = image;
    this.fit();
  }

  /** A fitted picture stays fitted; otherwise the middle of the view stays where it is. */
  setViewport(viewport: Size): void {
    if (viewport.width === this.viewportSize.width && viewport.height === this.viewportSize.height) return;
    const dx = (viewport.width - this.viewportSize.width) / 2;
    const dy = (viewport.height - this.viewportSize.height) / 2;
    this.viewportSize = viewport;
    if (this.fitted) this.fit();
    else this.set(panBy(this.transform, dx, dy));
  }

  fit(): void {
    this.transform = fit(this.imageSize, this.viewportSize, FIT_PADDING);
    this.fitted = true;
    this.changed();
  }

  /** One image pixel is one view pixel; the middle of the view stays where it is. */
  actualSize(): void {
    if (this.fitted) this.set(centred(this.imageSize, this.viewportSize, 1));
    else this.zoom(this.middle(), 1 / this.transform.scale);
  }

  zoom(about: ViewPoint, factor: number): void {
    this.set(zoomAbout(this.transform, about, factor));
  }

  zoomAboutMiddle(factor: number): void {
    this.zoom(this.middle(), factor);
  }

  pan(dx: number, dy: number): void {
    this.set(panBy(this.transform, dx, dy));
  }

  /** Pans just enough to show a box; does nothing when it is in sight. */
  bringIntoSight(box: ImageBox): void {
    const next = panIntoSight(this.transform, box, this.viewportSize);
    if (next) this.set(next);
  }

  private middle(): ViewPoint {
    return { x: this.viewportSize.width / 2, y: this.viewportSize.height / 2 } as ViewPoint;
  }

  private set(next: ViewFromImage): void {
    this.transform = keepInSight(next, this.imageSize, this.viewportSize);
    this.fitted = false;
    this.changed();
  }
}
