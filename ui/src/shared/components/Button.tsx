/** Buttons. Each says in its tooltip what it does and which key does the same. */
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { useChord } from "../keys/KeymapProvider";
import { Kbd } from "./Kbd";

interface CommonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "title" | "type"> {
  /** Action of the keymap that does the same: its key is shown. */
  readonly action?: string;
  readonly "data-testid"?: string;
}

/** A button with text. */
export function Button(
  props: CommonProps & {
    readonly variant?: "primary" | "quiet" | "danger" | "link";
    readonly size?: "small" | "large";
    readonly tip?: string;
    readonly showKey?: boolean;
    readonly submit?: boolean;
    readonly children: ReactNode;
  },
) {
  const { variant, size, tip, action, showKey = false, submit = false, className, children, ...rest } = props;
  const chord = useChord(action);
  const classes = ["btn", variant, size, className].filter(Boolean).join(" ");
  return (
    <button type={submit ? "submit" : "button"} className={classes} data-tip={tip} data-tip-key={showKey ? undefined : chord} {...rest}>
      {children}
      {showKey && chord !== undefined ? <Kbd chord={chord} /> : null}
    </button>
  );
}

/** A button with an icon alone; `label` is its accessible name and tooltip. */
export function IconButton(
  props: CommonProps & {
    readonly label: string;
    readonly small?: boolean;
    readonly pressed?: boolean;
    readonly children: ReactNode;
  },
) {
  const { label, small = false, pressed, action, className, children, ...rest } = props;
  const chord = useChord(action);
  const classes = ["icon-btn", small ? "small" : "", className].filter(Boolean).join(" ");
  return (
    <button type="button" className={classes} aria-label={label} aria-pressed={pressed} data-tip={label} data-tip-key={chord} {...rest}>
      {children}
    </button>
  );
}
