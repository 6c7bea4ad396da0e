/** Asks for the first class where the captures already are, so that nobody has to look for it. */
import { Shapes } from "lucide-react";
import { useState } from "react";
import { messageOf } from "../../backend/errors";
import { useProject, useSaveClasses } from "../../backend/queries";
import { Button } from "../../shared/components/Button";
import { toast } from "../../shared/components/toasts";
import { formatCount } from "../../shared/format";
import { addClass, editOf } from "./edits";
import "./project.css";

const MOST_OFFERED = 4;

/** A line above the grid while the project has no class; nothing after that. */
export function FirstClass() {
  const { data: project } = useProject();
  const saving = useSaveClasses();
  const [name, setName] = useState("");
  if (project === undefined || project.classes.length > 0) return null;
  const add = (names: readonly string[]) => {
    const classes = names.reduce((list, each) => addClass(list, each), project.classes.map(editOf));
    saving.mutate(
      { baseVersion: project.schemaVersion, classes },
      {
        onSuccess: () => toast(names.length === 1 ? `Made the class ${names[0] ?? ""}, key 1` : `Made ${names.length} classes`),
        onError: (reason) => toast(messageOf(reason), { kind: "bad" }),
      },
    );
  };
  const offered = [...new Map(project.unmapped.map((entry) => [entry.modelClass.toLowerCase(), entry])).values()].slice(0, MOST_OFFERED);
  return (
    <form
      className="first-class"
      data-testid="first-class"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "") add([name]);
      }}
    >
      <Shapes size={14} aria-hidden="true" />
      <b>Make the first class</b>
      <input className="field" aria-label="Name of the first class" placeholder="person" data-testid="first-class-name" value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />
      <Button submit variant="primary" size="small" disabled={name.trim() === "" || saving.isPending} data-testid="first-class-add" tip="Make the class (Enter)">
        Add
      </Button>
      {offered.length === 0 ? (
        <span className="t3 ell">What do you want to find in these captures?</span>
      ) : (
        <span className="row first-class-offers">
          <span className="t3 nowrap">or as models found</span>
          {offered.map((entry) => (
            <Button key={entry.modelClass} size="small" variant="quiet" disabled={saving.isPending} tip={`Make the class “${entry.modelClass}” for ${formatCount(entry.count)} proposals`} onClick={() => add([entry.modelClass])}>
              {entry.modelClass} <span className="t3">{formatCount(entry.count)}</span>
            </Button>
          ))}
        </span>
      )}
    </form>
  );
}
