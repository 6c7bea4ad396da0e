/** The user fields of the capture; a click on a value changes it. */
import { useQueryClient } from "@tanstack/react-query";
import { ListTree } from "lucide-react";
import { useState } from "react";
import type { UserField } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { cacheKeys, useUserFields } from "../../../backend/queries";
import { toast } from "../../../shared/components/toasts";
import { parseFieldValue, valueHint } from "../fieldValues";
import { complain } from "../selected/useBulk";
import { Section } from "./Section";

function FieldValue(props: { readonly captureId: string; readonly field: UserField; readonly value: string }) {
  const { captureId, field, value } = props;
  const backend = useBackend();
  const client = useQueryClient();
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const save = () => {
    if (draft === undefined || draft.trim() === value) return setDraft(undefined);
    const parsed = draft.trim() === "" ? null : parseFieldValue(field.type, draft);
    if (parsed === undefined) {
      toast(`“${draft}” is not ${valueHint(field.type)}. ${field.name} stays as it was.`, { kind: "bad" });
      return setDraft(undefined);
    }
    backend.setField({ captureIds: [captureId] }, field.name, parsed).then(async () => {
      await client.invalidateQueries({ queryKey: cacheKeys.capture(captureId) });
      setDraft(undefined);
    }, complain);
  };
  return (
    <input
      className="field field-value"
      aria-label={field.name}
      data-testid="user-field"
      placeholder="–"
      value={draft ?? value}
      data-tip={`${field.name}: ${valueHint(field.type)}`}
      onChange={(event) => setDraft(event.target.value)}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.currentTarget.blur();
        if (event.key === "Escape") {
          event.stopPropagation();
          setDraft(undefined);
        }
      }}
    />
  );
}

/** The section; absent while no field is defined. */
export function FieldsSection({ captureId, values }: { readonly captureId: string; readonly values: readonly { readonly name: string; readonly value: string }[] }) {
  const { data: fields = [] } = useUserFields();
  const known = fields.filter((field) => !field.onAnnotation);
  if (known.length === 0) return null;
  return (
    <Section title="Fields" icon={<ListTree size={12} />}>
      <dl className="values">
        {known.map((field) => (
          <div key={field.name}>
            <dt className="ell">{field.name}</dt>
            <dd>
              <FieldValue captureId={captureId} field={field} value={values.find((entry) => entry.name === field.name)?.value ?? ""} />
            </dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}
