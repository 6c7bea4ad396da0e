/** A path that can be typed or picked. */
import { FolderOpen } from "lucide-react";
import { Button } from "../../shared/components/Button";
import { TextField } from "../../shared/components/fields";

/** `onPick` opens the system's dialog. */
export function PathField(props: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly onPick: () => void;
  readonly hint?: string;
  readonly testId: string;
}) {
  return (
    <TextField
      label={props.label}
      value={props.value}
      onChange={props.onChange}
      hint={props.hint}
      spellCheck={false}
      data-testid={props.testId}
      data-autofocus
      aside={
        <Button onClick={props.onPick} tip="Choose in a dialog of the system">
          <FolderOpen size={14} />
          Choose
        </Button>
      }
    />
  );
}
