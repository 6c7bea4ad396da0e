/** Asks why a capture is passed over or left to somebody else. One key is enough. */
import { useRef, useState } from "react";
import { Button } from "../../../shared/components/Button";
import { Dialog } from "../../../shared/components/Dialog";

const REASONS: Record<"skipped" | "escalated", readonly string[]> = {
  skipped: ["Blurred, dark or covered", "Nothing to do with this project", "Same as another capture", "Damaged picture"],
  escalated: ["Not sure of the class", "The guide does not cover it", "Private or sensitive", "The device needs attention"],
};

const WORDS = {
  skipped: { title: "Skip this capture", button: "Skip and next" },
  escalated: { title: "Escalate this capture", button: "Escalate and next" },
} as const;

export function ReasonMenu(props: {
  readonly statement: "skipped" | "escalated";
  readonly onClose: () => void;
  readonly onReason: (reason: string) => void;
}) {
  const { statement, onClose, onReason } = props;
  const reasons = REASONS[statement];
  const { title, button } = WORDS[statement];
  const [own, setOwn] = useState("");
  const field = useRef<HTMLInputElement>(null);
  return (
    <Dialog title={title} onClose={onClose} testId="reason-menu">
      <div
        className="an-reasons"
        onKeyDown={(event) => {
          if (event.target === field.current) return;
          const reason = reasons[Number(event.key) - 1];
          if (reason === undefined) return;
          event.preventDefault();
          onReason(reason);
        }}
      >
        {reasons.map((reason, at) => (
          <button key={reason} type="button" className="an-reason" data-autofocus={at === 0 ? true : undefined} onClick={() => onReason(reason)}>
            <span className="grow">{reason}</span>
            <kbd>{at + 1}</kbd>
          </button>
        ))}
        <form
          className="row"
          onSubmit={(event) => {
            event.preventDefault();
            if (own.trim() !== "") onReason(own.trim());
          }}
        >
          <input ref={field} className="field grow" aria-label="Another reason" placeholder="Another reason" value={own} onChange={(event) => setOwn(event.target.value)} />
          <Button submit variant="primary" disabled={own.trim() === ""}>
            {button}
          </Button>
        </form>
      </div>
    </Dialog>
  );
}
