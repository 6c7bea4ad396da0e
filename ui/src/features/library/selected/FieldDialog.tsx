/** Sets a user field on the selected captures; a new field is defined on the way. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { UserFieldType, UserFieldValue } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { noticeOf } from "../../../backend/errors";
import { cacheKeys, useUserFields } from "../../../backend/queries";
import { Button } from "../../../shared/components/Button";
import { Dialog } from "../../../shared/components/Dialog";
import { SelectField, TextField } from "../../../shared/components/fields";
import { formatCounted } from "../../../shared/format";
import { FIELD_TYPES, parseFieldValue, valueHint } from "../fieldValues";
import type { Shown } from "../store";
import { selectionOf } from "./scope";
import { useUndoNotice } from "./useBulk";

const NEW = "";

/** The dialog. */
export function FieldDialog({ shown, count, onClose }: { readonly shown: Shown; readonly count: number; readonly onClose: () => void }) {
  const backend = useBackend();
  const client = useQueryClient();
  const tell = useUndoNotice();
  const { data: fields } = useUserFields();
  const known = (fields ?? []).filter((field) => !field.onAnnotation);
  const [wanted, setWanted] = useState<string | undefined>(undefined);
  const [newName, setNewName] = useState("");
  const [newType, setNewType] = useState<UserFieldType>("text");
  const [text, setText] = useState("");
  const [error, setError] = useState<string | undefined>(undefined);
  if (fields === undefined) return null;
  const chosen = known.find((field) => field.name === (wanted ?? known[0]?.name));
  const name = chosen?.name ?? newName.trim();
  const type = chosen?.type ?? newType;

  const save = async (value: UserFieldValue | null) => {
    try {
      if (chosen === undefined) await backend.defineField(name, newType, false);
      const { changed } = await backend.setField(selectionOf(shown), name, value);
      void client.invalidateQueries({ queryKey: cacheKeys.userFields });
      onClose();
      tell(value === null ? `Took ${name} off ${formatCounted(changed, "capture")}` : `Set ${name} on ${formatCounted(changed, "capture")}`);
    } catch (reason) {
      const { fact, remedy } = noticeOf(reason);
      setError(remedy === undefined ? fact : `${fact}. ${remedy}`);
    }
  };
  const apply = () => {
    if (name === "") return;
    const parsed = parseFieldValue(type, text);
    if (parsed === undefined) setError(`“${text}” is not ${valueHint(type)}.`);
    else void save(parsed);
  };
  return (
    <Dialog
      title={`Set a field of ${formatCounted(count, "capture")}`}
      onClose={onClose}
      footer={
        <>
          <Button disabled={chosen === undefined} tip="Take the value off the selected captures" onClick={() => void save(null)}>
            Remove
          </Button>
          <Button variant="primary" disabled={name === "" || text.trim() === ""} data-testid="field-save" onClick={apply}>
            Set
          </Button>
        </>
      }
    >
      <form
        className="field-form"
        onSubmit={(event) => {
          event.preventDefault();
          apply();
        }}
      >
        {known.length === 0 ? null : (
          <SelectField
            label="Field"
            value={chosen?.name ?? NEW}
            options={[...known.map((field) => ({ value: field.name, title: field.name })), { value: NEW, title: "A new field…" }]}
            onChange={setWanted}
          />
        )}
        {chosen === undefined ? (
          <div className="row field-new">
            <TextField label="Name" value={newName} onChange={setNewName} placeholder="weather" data-autofocus data-testid="field-name" />
            <SelectField label="Type" value={newType} options={FIELD_TYPES} onChange={setNewType} />
          </div>
        ) : null}
        <TextField
          label="Value"
          value={text}
          onChange={(next) => {
            setText(next);
            setError(undefined);
          }}
          hint={name === "" ? "Found with field.name:value." : `${valueHint(type).replace(/^./, (first) => first.toUpperCase())}. Found with field.${name}:value.`}
          error={error}
          data-testid="field-value"
        />
        <button type="submit" hidden />
      </form>
    </Dialog>
  );
}
