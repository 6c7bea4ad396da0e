/** A small picture with the part that is in view, while not all of it is. */
import { useEffect, useRef } from "react";
import { boxToImage } from "../../../editor/geometry/transform";
import { viewBox } from "../../../editor/geometry/point";
import type { Editor } from "../../../editor/editor";

/** The longer side in view pixels. */
const EXTENT_PX = 112;

export function Minimap({ editor, thumbUrl }: { readonly editor: Editor; readonly thumbUrl: string }) {
  const frame = useRef<HTMLDivElement>(null);
  const part = useRef<HTMLElement>(null);
  useEffect(() => {
    const draw = (): void => {
      const { image, camera } = editor;
      if (!frame.current || !part.current) return;
      const seen = boxToImage(editor.viewFromImage, viewBox(0, 0, camera.viewport.width, camera.viewport.height));
      const whole = seen.x <= 0 && seen.y <= 0 && seen.x + seen.width >= image.width && seen.y + seen.height >= image.height;
      frame.current.hidden = whole;
      if (whole) return;
      const scale = EXTENT_PX / Math.max(image.width, image.height);
      frame.current.style.width = `${image.width * scale}px`;
      frame.current.style.height = `${image.height * scale}px`;
      const left = Math.max(0, seen.x) * scale;
      const top = Math.max(0, seen.y) * scale;
      Object.assign(part.current.style, {
        left: `${left}px`,
        top: `${top}px`,
        width: `${Math.max(4, Math.min(image.width, seen.x + seen.width) * scale - left)}px`,
        height: `${Math.max(4, Math.min(image.height, seen.y + seen.height) * scale - top)}px`,
      });
    };
    draw();
    return editor.changed.subscribe(draw);
  }, [editor]);
  return (
    <div ref={frame} className="an-mini" aria-hidden="true" hidden>
      <img src={thumbUrl} alt="" draggable={false} />
      <i ref={part} />
    </div>
  );
}
