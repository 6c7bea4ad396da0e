/** Asks for a name, and stays open with the reason while it cannot be used. */
import { useState, type ReactNode } from "react";
import { noticeOf } from "../../backend/errors";
import { Button } from "../../shared/components/Button";
import { Dialog } from "../../shared/components/Dialog";
import { TextField } from "../../shared/components/fields";

/** `onSave` rejects with what is wrong with the name. */
export function NameDialog(props: {
  readonly title: string;
  readonly label: string;
  readonly initial?: string;
  readonly placeholder?: string;
  readonly hint?: string;
  readonly verb: string;
  readonly onSave: (name: string) => Promise<unknown>;
  readonly onClose: () => void;
  readonly children?: ReactNode;
}) {
  const { title, label, initial = "", placeholder, hint, verb, onSave, onClose, children } = props;
  const [name, setName] = useState(initial);
  const [error, setError] = useState<string | undefined>(undefined);
  const [isSaving, setIsSaving] = useState(false);
  const save = async () => {
    if (name.trim() === "" || isSaving) return;
    setIsSaving(true);
    try {
      await onSave(name.trim());
      onClose();
    } catch (reason) {
      const { fact, remedy } = noticeOf(reason);
      setError(remedy === undefined ? fact : `${fact}. ${remedy}`);
      setIsSaving(false);
    }
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <Button variant="primary" data-testid="name-save" disabled={name.trim() === "" || isSaving} onClick={() => void save()}>
          {verb}
        </Button>
      }
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextField
          label={label}
          value={name}
          onChange={(next) => {
            setName(next);
            setError(undefined);
          }}
          placeholder={placeholder}
          hint={hint}
          error={error}
          data-autofocus
          data-testid="name-input"
        />
      </form>
      {children}
    </Dialog>
  );
}
