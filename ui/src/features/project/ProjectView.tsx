/** The project's classes: names, colours, number keys, order; and what models found that no class answers to. */
import { useState } from "react";
import type { ClassEdit } from "../../backend/backend";
import { messageOf, noticeOf } from "../../backend/errors";
import { useProject, useSaveClasses } from "../../backend/queries";
import { Button } from "../../shared/components/Button";
import { ErrorPanel } from "../../shared/components/ErrorPanel";
import { toast } from "../../shared/components/toasts";
import { ViewFrame } from "../../shared/components/ViewFrame";
import { formatCount, formatCounted } from "../../shared/format";
import { ClassRow } from "./ClassRow";
import { addClass, changeClass, editOf, moveClass, nameFault, retireClass } from "./edits";
import "./project.css";

/** Saves a whole list and offers to put the last one back. */
function useClassList() {
  const { data: project, error } = useProject();
  const saving = useSaveClasses();
  const save = (classes: ClassEdit[], done: string | undefined) => {
    if (project === undefined) return;
    const before = project.classes.map(editOf);
    saving.mutate(
      { baseVersion: project.schemaVersion, classes },
      {
        onSuccess: (next) => {
          if (done === undefined) return;
          // A class that is new cannot be unmade once it has annotations; taking it back retires it.
          const restored = next.classes.map((entry) => before.find((old) => old.classId === entry.classId) ?? { ...editOf(entry), retired: true, key: null });
          const undo = () => saving.mutate({ baseVersion: next.schemaVersion, classes: restored }, { onError: (reason) => toast(messageOf(reason), { kind: "bad" }) });
          toast(done, { action: { title: "Undo", run: undo } });
        },
        onError: (reason) => toast(messageOf(reason), { kind: "bad" }),
      },
    );
  };
  return { project, error, save, isSaving: saving.isPending };
}

function NewClass({ classes, onAdd }: { readonly classes: readonly ClassEdit[]; readonly onAdd: (name: string) => void }) {
  const [name, setName] = useState("");
  const fault = name.trim() === "" ? undefined : nameFault(classes, undefined, name);
  return (
    <form
      className="new-class"
      onSubmit={(event) => {
        event.preventDefault();
        if (nameFault(classes, undefined, name) !== undefined) return;
        onAdd(name);
        setName("");
      }}
    >
      <input className="field grow" aria-label="Name of a new class" placeholder="New class" data-testid="new-class-name" value={name} aria-invalid={fault !== undefined} maxLength={80} onChange={(event) => setName(event.target.value)} />
      <Button submit disabled={name.trim() === "" || fault !== undefined} data-testid="new-class-add" tip="Add the class (Enter)">
        Add class
      </Button>
      {fault === undefined ? null : (
        <span className="danger small-text" role="alert">
          {fault}
        </span>
      )}
    </form>
  );
}

/** The view. */
export function ProjectView() {
  const { project, error, save, isSaving } = useClassList();
  const [dragged, setDragged] = useState<number | undefined>(undefined);
  const [showsRetired, setShowsRetired] = useState(false);
  const edits = project?.classes.map(editOf) ?? [];
  const retired = edits.filter((entry) => entry.retired).length;
  return (
    <ViewFrame testId="project-view" top={<><span className="view-title">Project</span><span className="grow" /></>} status={project === undefined ? null : <span className="status-item">Schema version {project.schemaVersion}</span>}>
      <div className="view-scroll">
        <div className="view-column">
          {error === null ? null : <ErrorPanel notice={noticeOf(error)} />}
          {project === undefined ? null : (
            <>
              <section>
                <h2>Classes of {project.name}</h2>
                <p className="t2 project-note">Names may change at any time: annotations keep the class. The number key sets the class in Annotate.</p>
                <div className="card">
                  <div role="list" aria-label="Classes">
                  {project.classes.map((entry, index) =>
                    entry.retired && !showsRetired ? null : (
                      <ClassRow
                        key={entry.classId}
                        entry={entry}
                        index={index}
                        count={edits.length}
                        classes={edits}
                        isDragged={dragged === index}
                        onChange={(change) => save(changeClass(edits, index, change), undefined)}
                        onRetire={(isRetired) => save(retireClass(edits, index, isRetired), isRetired ? `Retired ${entry.name}: its ${formatCounted(entry.count, "annotation")} stay` : `${entry.name} takes annotations again`)}
                        onMove={(to) => save(moveClass(edits, index, to), undefined)}
                        onDrag={setDragged}
                        onDrop={() => {
                          if (dragged !== undefined && dragged !== index) save(moveClass(edits, dragged, index), undefined);
                          setDragged(undefined);
                        }}
                      />
                    ),
                  )}
                  </div>
                  <NewClass classes={edits} onAdd={(name) => save(addClass(edits, name), undefined)} />
                </div>
                {retired === 0 ? null : (
                  <Button variant="link" className="small-text project-retired" onClick={() => setShowsRetired(!showsRetired)}>
                    {showsRetired ? "Hide" : "Show"} {formatCounted(retired, "retired class", "retired classes")}
                  </Button>
                )}
              </section>
              <section>
                <h2>Found by models, no class yet</h2>
                {project.unmapped.length === 0 ? (
                  <p className="t2">Every proposal has a class.</p>
                ) : (
                  <>
                    <p className="t2 project-note">These proposals are kept and counted. Adding the class gives it to them.</p>
                    <div className="card">
                      {project.unmapped.map((entry) => (
                        <div className="unmapped-row" key={`${entry.model}:${entry.modelClass}`} data-testid="unmapped-row" data-model-class={entry.modelClass}>
                          <span className="ell">{entry.modelClass}</span>
                          <span className="t3 ell">{entry.model}</span>
                          <span className="unmapped-count">{formatCounted(entry.count, "proposal")}</span>
                          <Button
                            size="small"
                            disabled={isSaving || nameFault(edits, undefined, entry.modelClass) !== undefined}
                            tip={`Add “${entry.modelClass}” as a class and give it to ${formatCount(entry.count)} proposals`}
                            onClick={() => save(addClass(edits, entry.modelClass), `Added ${entry.modelClass}`)}
                          >
                            Add as class
                          </Button>
                        </div>
                      ))}
                    </div>
                  </>
                )}
              </section>
            </>
          )}
        </div>
      </div>
    </ViewFrame>
  );
}
