/** Fields with their labels. */
import { useId, useState, type InputHTMLAttributes, type ReactNode } from "react";

/** A text field with a label above and a hint or an error below. */
export function TextField(
  props: Omit<InputHTMLAttributes<HTMLInputElement>, "onChange" | "value"> & {
    readonly label: string;
    readonly value: string;
    readonly onChange: (value: string) => void;
    readonly hint?: string | undefined;
    readonly error?: string | undefined;
    readonly aside?: ReactNode;
    readonly "data-testid"?: string;
    readonly "data-autofocus"?: boolean;
  },
) {
  const { label, value, onChange, hint, error, aside, ...rest } = props;
  const id = useId();
  const below = error ?? hint;
  return (
    <div className="labelled">
      <label className="label-text" htmlFor={id}>
        {label}
      </label>
      <div className="row">
        <input
          id={id}
          className="field grow"
          value={value}
          aria-invalid={error !== undefined}
          aria-describedby={below === undefined ? undefined : `${id}-below`}
          onChange={(event) => onChange(event.target.value)}
          {...rest}
        />
        {aside}
      </div>
      {below === undefined ? null : (
        <span id={`${id}-below`} className={error === undefined ? "hint" : "hint bad"} role={error === undefined ? undefined : "alert"}>
          {below}
        </span>
      )}
    </div>
  );
}

/** A choice of few values from a list. */
export function SelectField<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly title: string }[];
  readonly onChange: (value: T) => void;
  readonly hint?: string;
  readonly testId?: string;
}) {
  const { label, value, options, onChange, hint, testId } = props;
  const id = useId();
  return (
    <div className="labelled">
      <label className="label-text" htmlFor={id}>
        {label}
      </label>
      <select id={id} className="field" value={value} data-testid={testId} onChange={(event) => onChange(event.target.value as T)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.title}
          </option>
        ))}
      </select>
      {hint === undefined ? null : <span className="hint">{hint}</span>}
    </div>
  );
}

/** A tick box with its text. */
export function CheckField(props: {
  readonly label: ReactNode;
  readonly hint?: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
  readonly testId?: string;
}) {
  const { label, hint, checked, onChange, testId } = props;
  return (
    <label className="check-row">
      <input type="checkbox" className="check" checked={checked} data-testid={testId} onChange={(event) => onChange(event.target.checked)} />
      <span>
        {label}
        {hint === undefined ? null : <span className="t3 small-text"> {hint}</span>}
      </span>
    </label>
  );
}

/** One of few choices, all visible. Arrow keys move between them. */
export function Segmented<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly options: readonly { readonly value: T; readonly title: ReactNode; readonly tip?: string }[];
  readonly onChange: (value: T) => void;
}) {
  const { label, value, options, onChange } = props;
  return (
    <div
      className="seg"
      role="radiogroup"
      aria-label={label}
      onKeyDown={(event) => {
        const step = event.key === "ArrowRight" || event.key === "ArrowDown" ? 1 : event.key === "ArrowLeft" || event.key === "ArrowUp" ? -1 : 0;
        if (step === 0) return;
        event.preventDefault();
        const at = options.findIndex((option) => option.value === value);
        const next = (at + step + options.length) % options.length;
        const chosen = options[next];
        if (chosen === undefined) return;
        onChange(chosen.value);
        (event.currentTarget.children[next] as HTMLElement | undefined)?.focus();
      }}
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          role="radio"
          aria-checked={option.value === value}
          tabIndex={option.value === value ? 0 : -1}
          data-tip={option.tip}
          onClick={() => onChange(option.value)}
        >
          {option.title}
        </button>
      ))}
    </div>
  );
}

/** A number that is saved when the field is left or Enter is pressed, not on each keystroke. */
export function NumberField(props: {
  readonly label: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onCommit: (value: number) => void;
  readonly width?: number;
  readonly testId?: string;
}) {
  const { label, value, min, max, onCommit, width = 64, testId } = props;
  const [draft, setDraft] = useState<string | null>(null);
  const commit = () => {
    if (draft === null) return;
    const parsed = Number(draft);
    setDraft(null);
    if (draft.trim() !== "" && Number.isFinite(parsed)) onCommit(Math.max(min, Math.min(max, Math.round(parsed))));
  };
  return (
    <input
      className="field right"
      style={{ width }}
      inputMode="numeric"
      aria-label={label}
      data-tip={`${min} to ${max}`}
      data-testid={testId}
      value={draft ?? String(value)}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === "Enter") commit();
      }}
    />
  );
}
