/** The canvas in the page: it hands pointer, wheel and Space to the editor, and the layers to the DOM. */
import { useEffect, useRef, type PointerEvent, type ReactNode, type RefObject } from "react";
import { viewPoint } from "../../../editor/geometry/point";
import { Stage } from "../../../editor/render/stage";
import type { PointerInput } from "../../../editor/tools/tool";
import type { Workbench } from "../workbench/workbench";
import { useWheel } from "./useWheel";
import { useSpace } from "./useSpace";

function inputOf(event: PointerEvent<HTMLElement>): PointerInput {
  const { left, top } = event.currentTarget.getBoundingClientRect();
  return {
    at: viewPoint(event.clientX - left, event.clientY - top),
    button: event.button,
    shift: event.shiftKey,
    ctrl: event.ctrlKey || event.metaKey,
  };
}

export function CanvasHost(props: {
  readonly workbench: Workbench;
  readonly canvas: RefObject<HTMLDivElement | null>;
  readonly label: string;
  /** Called with the pointer in image pixels, or null when it left. */
  readonly onPoint: (at: { readonly x: number; readonly y: number } | null) => void;
  readonly children?: ReactNode;
}) {
  const { workbench, canvas, label, onPoint, children } = props;
  const { editor } = workbench;
  const layers = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const root = canvas.current;
    const host = layers.current;
    if (!root || !host) return;
    const stage = new Stage(host, editor, root);
    const measure = (): void => {
      if (root.clientWidth > 0) stage.resize({ width: root.clientWidth, height: root.clientHeight }, window.devicePixelRatio);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(root);
    const show = (): void => stage.setPicture(workbench.state.frame?.element ?? null);
    show();
    const unsubscribe = workbench.store.subscribe(show);
    return () => {
      observer.disconnect();
      unsubscribe();
      stage.dispose();
    };
  }, [canvas, editor, workbench]);

  useWheel(canvas, editor);
  useSpace(canvas, editor);

  return (
    <div
      ref={canvas}
      className="an-canvas"
      data-testid="annotate-canvas"
      role="application"
      aria-roledescription="annotation canvas"
      aria-label={label}
      tabIndex={0}
      onPointerDown={(event) => {
        if (event.target instanceof Element && event.target.closest(".an-float")) return;
        event.currentTarget.focus({ preventScroll: true });
        event.currentTarget.classList.remove("ring");
        event.currentTarget.setPointerCapture(event.pointerId);
        if (event.button === 1) event.preventDefault();
        editor.pointerDown(inputOf(event));
      }}
      onPointerMove={(event) => {
        const input = inputOf(event);
        onPoint(editor.toImage(input.at));
        editor.pointerMove(input);
      }}
      onPointerUp={(event) => editor.pointerUp(inputOf(event))}
      onPointerCancel={() => editor.cancel()}
      onPointerLeave={() => {
        onPoint(null);
        editor.pointerLeave();
      }}
      onContextMenu={(event) => event.preventDefault()}
      onFocus={(event) => {
        // The ring is for those who come by keyboard; a view that opens with the focus on the picture needs none.
        const byKey = event.relatedTarget !== null && event.currentTarget.matches(":focus-visible");
        event.currentTarget.classList.toggle("ring", byKey);
      }}
      onBlur={(event) => {
        event.currentTarget.classList.remove("ring");
        editor.settle();
      }}
    >
      <div ref={layers} className="an-layers" />
      {children}
    </div>
  );
}
