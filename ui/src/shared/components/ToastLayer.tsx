/** Shows the notices of `toasts.ts`. Mount once. */
import { Check, OctagonAlert, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button, IconButton } from "./Button";
import { useToasts, type Toast } from "./toasts";

const LEAVE_AFTER_MS = 6000;

function ToastRow({ toast }: { readonly toast: Toast }) {
  const dismiss = useToasts((state) => state.dismiss);
  const [held, setHeld] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => dismiss(toast.id), LEAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [held, dismiss, toast.id]);
  const { action } = toast;
  return (
    <div
      className={toast.kind === "bad" ? "toast pop bad" : "toast pop"}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      {toast.kind === "bad" ? <OctagonAlert size={16} /> : <Check size={16} />}
      <span className="toast-text">{toast.text}</span>
      {action === undefined ? null : (
        <Button
          variant="quiet"
          className="acc"
          size="small"
          onClick={() => {
            action.run();
            dismiss(toast.id);
          }}
        >
          {action.title}
        </Button>
      )}
      <IconButton label="Dismiss" small onClick={() => dismiss(toast.id)}>
        <X size={12} />
      </IconButton>
    </div>
  );
}

/** The stack of notices, announced politely to screen readers. */
export function ToastLayer() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((toast) => (
        <ToastRow key={toast.id} toast={toast} />
      ))}
    </div>
  );
}
