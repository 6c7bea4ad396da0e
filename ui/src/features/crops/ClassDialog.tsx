/** Chooses the class for the selected annotations: type a part of its name, Enter. */
import { useMemo, useState } from "react";
import type { ClassDto } from "../../backend/backend";
import { paletteColor } from "../../shared/components/palette";
import { Dialog } from "../../shared/components/Dialog";
import { TextField } from "../../shared/components/fields";
import { fuzzy } from "../../shared/fuzzy";
import { Swatch } from "../../shared/components/small";
import { formatCounted } from "../../shared/format";

const SHOWN = 12;

/** The dialog. */
export function ClassDialog(props: { readonly classes: readonly ClassDto[]; readonly count: number; readonly onClose: () => void; readonly onChoose: (classId: string) => void }) {
  const { classes, count, onClose, onChoose } = props;
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const found = useMemo(() => fuzzy(classes, typed, (entry) => [entry.name, ...entry.aliases].join(" ")).slice(0, SHOWN), [classes, typed]);
  const chosen = Math.min(at, found.length - 1);
  return (
    <Dialog title={`Class of ${formatCounted(count, "annotation")}`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const entry = found[chosen]?.item;
          if (entry !== undefined) onChoose(entry.classId);
        }}
      >
        <TextField
          label="Class"
          value={typed}
          onChange={(value) => {
            setTyped(value);
            setAt(0);
          }}
          placeholder="some of its letters"
          data-autofocus
          data-testid="class-search"
          onKeyDown={(event) => {
            if (event.key === "ArrowDown") setAt((chosen + 1) % Math.max(1, found.length));
            else if (event.key === "ArrowUp") setAt((chosen - 1 + found.length) % Math.max(1, found.length));
            else return;
            event.preventDefault();
          }}
        />
        <ul className="class-list" role="listbox" aria-label="Classes">
          {found.map(({ item }, index) => (
            <li key={item.classId} role="option" aria-selected={index === chosen} className={index === chosen ? "on" : ""} onMouseDown={() => onChoose(item.classId)}>
              <Swatch color={paletteColor(item.colour)} />
              <span className="ell">{item.name}</span>
              {item.key === null ? null : <kbd>{item.key}</kbd>}
            </li>
          ))}
        </ul>
        {found.length === 0 ? <p className="t2">No class has these letters. Classes are made in Project.</p> : null}
      </form>
    </Dialog>
  );
}
