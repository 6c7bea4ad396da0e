/** A button with something below it: a menu, or a few controls. Closes on Escape, on a click elsewhere, and when it is left. */
import { createContext, useContext, useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { useChord } from "../keys/KeymapProvider";
import "./popover.css";

/** Whether it is open may be kept outside, for a key that opens it. */
export interface PopoverState {
  readonly isOpen: boolean;
  readonly setIsOpen: (isOpen: boolean) => void;
}

/** The state of a popover that something else opens too. */
export function usePopover(): PopoverState {
  const [isOpen, setIsOpen] = useState(false);
  return { isOpen, setIsOpen };
}

const CloseContext = createContext<() => void>(() => undefined);

function items(panel: HTMLElement | null): HTMLElement[] {
  return [...(panel?.querySelectorAll<HTMLElement>("[role^='menuitem']:not([aria-disabled='true'])") ?? [])];
}

/** `label` is the accessible name, and the tooltip unless there is a `tip`. */
export function Popover(props: {
  readonly label: string;
  readonly tip?: string;
  readonly action?: string;
  readonly button: ReactNode;
  readonly buttonClass?: string;
  readonly panelClass?: string;
  /** Menus move with the arrows and close when something is chosen. */
  readonly kind: "menu" | "dialog";
  readonly align?: "left" | "right";
  readonly above?: boolean;
  readonly state?: PopoverState;
  readonly testId?: string;
  readonly children: ReactNode;
}) {
  const { label, tip, action, button, buttonClass = "btn quiet small", panelClass = "", kind, align = "right", above = false, testId, children } = props;
  const own = usePopover();
  const { isOpen, setIsOpen } = props.state ?? own;
  const chord = useChord(action);
  const place = useRef<HTMLSpanElement>(null);
  const trigger = useRef<HTMLButtonElement>(null);
  const panel = useRef<HTMLDivElement>(null);
  const id = useId();

  useEffect(() => {
    if (!isOpen) return;
    const first = panel.current?.querySelector<HTMLElement>("[data-autofocus]") ?? panel.current?.querySelector<HTMLElement>("[aria-checked='true']") ?? items(panel.current)[0] ?? panel.current;
    first?.focus();
    const onPointerDown = (event: PointerEvent) => {
      if (event.target instanceof Node && place.current?.contains(event.target) !== true) setIsOpen(false);
    };
    window.addEventListener("pointerdown", onPointerDown, true);
    return () => window.removeEventListener("pointerdown", onPointerDown, true);
  }, [isOpen, setIsOpen]);

  const close = () => {
    setIsOpen(false);
    trigger.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      close();
      return;
    }
    if (kind !== "menu" || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    const all = items(panel.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const next = event.key === "Home" ? 0 : event.key === "End" ? all.length - 1 : at + (event.key === "ArrowDown" ? 1 : -1);
    all[(next + all.length) % Math.max(1, all.length)]?.focus();
  };
  return (
    <span
      className="popover-place"
      ref={place}
      onBlur={(event) => {
        if (isOpen && event.relatedTarget instanceof Node && !event.currentTarget.contains(event.relatedTarget)) setIsOpen(false);
      }}
    >
      <button
        ref={trigger}
        type="button"
        className={buttonClass}
        aria-label={label}
        aria-haspopup={kind}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        data-tip={isOpen ? undefined : (tip ?? label)}
        data-tip-key={chord}
        data-testid={testId}
        onClick={() => setIsOpen(!isOpen)}
      >
        {button}
      </button>
      {isOpen ? (
        <div ref={panel} id={id} role={kind} aria-label={label} tabIndex={-1} className={`pop popover at-${align} ${above ? "above" : ""} ${panelClass}`} onKeyDown={onKeyDown}>
          <CloseContext value={close}>{children}</CloseContext>
        </div>
      ) : null}
    </span>
  );
}

/** One line of a menu, which closes it. `checked` makes it one of several choices. */
export function MenuItem(props: {
  readonly checked?: boolean;
  readonly danger?: boolean;
  readonly icon?: ReactNode;
  readonly aside?: ReactNode;
  readonly onChoose: () => void;
  readonly testId?: string;
  readonly children: ReactNode;
}) {
  const { checked, danger = false, icon, aside, onChoose, testId, children } = props;
  const close = useContext(CloseContext);
  return (
    <button
      type="button"
      role={checked === undefined ? "menuitem" : "menuitemradio"}
      aria-checked={checked}
      tabIndex={-1}
      data-testid={testId}
      className={`menu-item${danger ? " danger" : ""}`}
      onClick={() => {
        close();
        onChoose();
      }}
    >
      {icon === undefined ? <i className={checked === true ? "menu-dot on" : "menu-dot"} aria-hidden="true" /> : icon}
      <span className="ell grow">{children}</span>
      {aside === undefined ? null : <span className="t3 nowrap">{aside}</span>}
    </button>
  );
}

/** The title of a part of a menu. */
export function MenuHead({ children }: { readonly children: ReactNode }) {
  return (
    <div className="mhead" role="presentation">
      {children}
    </div>
  );
}
