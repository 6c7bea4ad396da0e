/** A modal dialog: takes the focus, keeps it, gives it back, and closes on Escape. */
import { X } from "lucide-react";
import { useEffect, useId, useRef, type KeyboardEvent, type ReactNode } from "react";
import { createPortal } from "react-dom";
import { useModalKeys } from "../keys/KeymapProvider";
import { IconButton } from "./Button";

const FOCUSABLE = "button:not(:disabled), [href], input:not(:disabled), select:not(:disabled), textarea:not(:disabled), [tabindex='0']";

function keepFocusInside(event: KeyboardEvent, container: HTMLElement | null): void {
  const focusable = [...(container?.querySelectorAll<HTMLElement>(FOCUSABLE) ?? [])];
  const first = focusable[0];
  const last = focusable.at(-1);
  if (first === undefined || last === undefined) return;
  const active = document.activeElement;
  if (event.shiftKey && (active === first || active === container)) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && active === last) {
    event.preventDefault();
    first.focus();
  }
}

/** The frame without a title row: for the palette. */
export function ModalFrame(props: {
  readonly label?: string;
  readonly labelledBy?: string;
  readonly className: string;
  readonly top?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
  readonly testId?: string;
}) {
  const { label, labelledBy, className, top = false, onClose, children, testId } = props;
  const frame = useRef<HTMLDivElement>(null);
  useModalKeys();
  useEffect(() => {
    const before = document.activeElement;
    const wanted = frame.current?.querySelector<HTMLElement>("[data-autofocus]") ?? frame.current;
    wanted?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return createPortal(
    <div
      className={top ? "scrim top" : "scrim"}
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div
        ref={frame}
        role="dialog"
        aria-modal="true"
        aria-label={label}
        aria-labelledby={labelledBy}
        tabIndex={-1}
        className={className}
        data-testid={testId}
        onKeyDown={(event) => {
          if (event.key === "Escape") {
            event.stopPropagation();
            event.preventDefault();
            onClose();
          } else if (event.key === "Tab") {
            keepFocusInside(event, frame.current);
          }
        }}
      >
        {children}
      </div>
    </div>,
    document.body,
  );
}

/** A dialog with title, body and buttons. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly footer?: ReactNode;
  readonly wide?: boolean;
  readonly children: ReactNode;
  readonly testId?: string;
}) {
  const { title, onClose, footer, wide = false, children, testId } = props;
  const titleId = useId();
  return (
    <ModalFrame labelledBy={titleId} className={wide ? "dialog wide" : "dialog"} onClose={onClose} {...(testId === undefined ? {} : { testId })}>
      <header>
        <h2 id={titleId}>{title}</h2>
        <IconButton label="Close" small onClick={onClose} data-tip-key="Esc">
          <X size={14} />
        </IconButton>
      </header>
      <div className="body">{children}</div>
      {footer === undefined ? null : <footer>{footer}</footer>}
    </ModalFrame>
  );
}
