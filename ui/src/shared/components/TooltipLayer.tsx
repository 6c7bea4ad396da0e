/**
 * The one tooltip of the window. Any element with `data-tip` (text) and, if it has a key, `data-tip-key` (chord)
 * gets it after 400 ms under the pointer, or at once on keyboard focus.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Kbd } from "./Kbd";

const DELAY_MS = 400;
const MARGIN_PX = 6;

interface Shown {
  readonly text: string;
  readonly chord: string | undefined;
  readonly anchor: DOMRect;
}

function tipOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-tip]") : null;
}

/** Mount once, near the root. */
export function TooltipLayer() {
  const [shown, setShown] = useState<Shown | null>(null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let current: HTMLElement | null = null;
    const hide = () => {
      clearTimeout(timer);
      current = null;
      setShown(null);
    };
    const show = (element: HTMLElement) => {
      const text = element.dataset["tip"];
      if (!text || !element.isConnected) return;
      setShown({ text, chord: element.dataset["tipKey"], anchor: element.getBoundingClientRect() });
    };
    const onOver = (event: PointerEvent) => {
      const element = tipOf(event.target);
      if (element === current) return;
      hide();
      current = element;
      if (element !== null) timer = setTimeout(() => show(element), DELAY_MS);
    };
    const onFocus = (event: FocusEvent) => {
      const element = tipOf(event.target);
      if (element === null || !(event.target as Element).matches(":focus-visible")) return;
      hide();
      current = element;
      show(element);
    };
    document.addEventListener("pointerover", onOver);
    document.addEventListener("pointerdown", hide);
    document.addEventListener("keydown", hide);
    document.addEventListener("focusin", onFocus);
    document.addEventListener("focusout", hide);
    document.addEventListener("scroll", hide, true);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("pointerover", onOver);
      document.removeEventListener("pointerdown", hide);
      document.removeEventListener("keydown", hide);
      document.removeEventListener("focusin", onFocus);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("scroll", hide, true);
    };
  }, []);

  useLayoutEffect(() => {
    const element = box.current;
    if (element === null || shown === null) return;
    const { width, height } = element.getBoundingClientRect();
    const { anchor } = shown;
    const besideRail = anchor.left < 48 && anchor.right < 80;
    const below = anchor.bottom + MARGIN_PX + height <= window.innerHeight;
    const left = besideRail ? anchor.right + MARGIN_PX : anchor.left + anchor.width / 2 - width / 2;
    const vertical = below ? anchor.bottom + MARGIN_PX : anchor.top - MARGIN_PX - height;
    const top = besideRail ? anchor.top + anchor.height / 2 - height / 2 : vertical;
    element.style.left = `${Math.max(4, Math.min(left, window.innerWidth - width - 4))}px`;
    element.style.top = `${Math.max(4, top)}px`;
  }, [shown]);

  if (shown === null) return null;
  return (
    <div className="tooltip" role="tooltip" ref={box}>
      <span>{shown.text}</span>
      {shown.chord !== undefined ? <Kbd chord={shown.chord} /> : null}
    </div>
  );
}
