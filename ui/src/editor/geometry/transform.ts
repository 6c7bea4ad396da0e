/** The transform from image pixels to view pixels: one scale for both axes, then a shift. */

import {
  imagePoint,
  viewBox,
  viewPoint,
  imageBox,
  type ImageBox,
  type ImagePoint,
  type Size,
  type ViewBox,
  type ViewPoint,
} from "./point";

/** view = image * scale + (tx, ty). The scale is CSS pixels per image pixel. */
export interface ViewFromImage {
  readonly scale: number;
  readonly tx: number;
  readonly ty: number;
}

/** The closest and the farthest a person can zoom. */
export const MAX_SCALE = 64;
export const MIN_SCALE = 1 / 64;

export const IDENTITY: ViewFromImage = { scale: 1, tx: 0, ty: 0 };

export function toView(viewFromImage: ViewFromImage, point: ImagePoint): ViewPoint {
  const { scale, tx, ty } = viewFromImage;
  return viewPoint(point.x * scale + tx, point.y * scale + ty);
}

export function toImage(viewFromImage: ViewFromImage, point: ViewPoint): ImagePoint {
  const { scale, tx, ty } = viewFromImage;
  return imagePoint((point.x - tx) / scale, (point.y - ty) / scale);
}

export function boxToView(viewFromImage: ViewFromImage, box: ImageBox): ViewBox {
  const { scale, tx, ty } = viewFromImage;
  return viewBox(box.x * scale + tx, box.y * scale + ty, box.width * scale, box.height * scale);
}

export function boxToImage(viewFromImage: ViewFromImage, box: ViewBox): ImageBox {
  const { scale, tx, ty } = viewFromImage;
  return imageBox((box.x - tx) / scale, (box.y - ty) / scale, box.width / scale, box.height / scale);
}

/** Multiplies the scale and keeps the image point under `about` where it is. */
export function zoomAbout(viewFromImage: ViewFromImage, about: ViewPoint, factor: number): ViewFromImage {
  const scale = Math.min(MAX_SCALE, Math.max(MIN_SCALE, viewFromImage.scale * factor));
  const ratio = scale / viewFromImage.scale;
  return {
    scale,
    tx: about.x - (about.x - viewFromImage.tx) * ratio,
    ty: about.y - (about.y - viewFromImage.ty) * ratio,
  };
}

export function panBy(viewFromImage: ViewFromImage, dx: number, dy: number): ViewFromImage {
  return { scale: viewFromImage.scale, tx: viewFromImage.tx + dx, ty: viewFromImage.ty + dy };
}

/** Shows the whole image, centred, with `padding` view pixels left free on every side. */
export function fit(image: Size, viewport: Size, padding = 0): ViewFromImage {
  const room = {
    width: Math.max(1, viewport.width - 2 * padding),
    height: Math.max(1, viewport.height - 2 * padding),
  };
  const scale = Math.min(room.width / Math.max(1, image.width), room.height / Math.max(1, image.height));
  const clamped = Math.min(MAX_SCALE, Math.max(MIN_SCALE, scale));
  return centred(image, viewport, clamped);
}

/** Centres the image in the viewport at a given scale. */
export function centred(image: Size, viewport: Size, scale: number): ViewFromImage {
  return {
    scale,
    tx: (viewport.width - image.width * scale) / 2,
    ty: (viewport.height - image.height * scale) / 2,
  };
}

/** Keeps at least `margin` view pixels of the image inside the viewport, so that it cannot be lost. */
export function keepInSight(
  viewFromImage: ViewFromImage,
  image: Size,
  viewport: Size,
  margin = 48,
): ViewFromImage {
  const { scale } = viewFromImage;
  const clampAxis = (shift: number, extent: number, room: number): number => {
    const keep = Math.min(margin, extent);
    return Math.min(room - keep, Math.max(keep - extent, shift));
  };
  return {
    scale,
    tx: clampAxis(viewFromImage.tx, image.width * scale, viewport.width),
    ty: clampAxis(viewFromImage.ty, image.height * scale, viewport.height),
  };
}

/** The smallest pan that brings a box into the viewport, or null when it is in sight already. */
export function panIntoSight(
  viewFromImage: ViewFromImage,
  box: ImageBox,
  viewport: Size,
  margin = 24,
): ViewFromImage | null {
  const view = boxToView(viewFromImage, box);
  const shift = (start: number, extent: number, room: number): number => {
    const inside = room - 2 * margin;
    if (extent >= inside) {
      // The box is larger than the viewport: it is in sight as long as it covers the middle.
      const middle = room / 2;
      if (start <= middle && start + extent >= middle) return 0;
      return middle - (start + extent / 2);
    }
    if (start < margin) return margin - start;
    if (start + extent > room - margin) return room - margin - (start + extent);
    return 0;
  };
  const dx = shift(view.x, view.width, viewport.width);
  const dy = shift(view.y, view.height, viewport.height);
  return dx === 0 && dy === 0 ? null : panBy(viewFromImage, dx, dy);
}
