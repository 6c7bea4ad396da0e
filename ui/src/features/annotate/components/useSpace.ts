/** Space held down lends the hand; keys let go end a series of nudges. */
import { useEffect, type RefObject } from "react";
import type { Editor } from "../../../editor/editor";

export function useSpace(canvas: RefObject<HTMLElement | null>, editor: Editor): void {
  useEffect(() => {
    const isForCanvas = (): boolean => {
      const { activeElement } = document;
      return activeElement === null || activeElement === document.body || activeElement === canvas.current;
    };
    const onKeyDown = (event: KeyboardEvent): void => {
      if (event.code !== "Space" || event.ctrlKey || event.altKey || event.metaKey || !isForCanvas()) return;
      event.preventDefault();
      editor.holdSpace(true);
    };
    const onKeyUp = (event: KeyboardEvent): void => {
      if (event.code === "Space") editor.holdSpace(false);
      if (event.key.startsWith("Arrow")) editor.settle();
    };
    const onBlur = (): void => {
      editor.holdSpace(false);
      editor.settle();
    };
    window.addEventListener("keydown", onKeyDown);
    window.addEventListener("keyup", onKeyUp);
    window.addEventListener("blur", onBlur);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      window.removeEventListener("keyup", onKeyUp);
      window.removeEventListener("blur", onBlur);
    };
  }, [canvas, editor]);
}
