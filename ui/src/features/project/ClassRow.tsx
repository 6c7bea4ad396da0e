/** One class: drag or arrows for the order, colour, name, number key, count, retire. */
import { Archive, ArchiveRestore, ArrowDown, ArrowUp, GripVertical } from "lucide-react";
import { useState } from "react";
import type { ClassDto, ClassEdit } from "../../backend/backend";
import { IconButton } from "../../shared/components/Button";
import { paletteColor } from "../../shared/components/palette";
import { formatCount } from "../../shared/format";
import { ColourPicker } from "./ColourPicker";
import { nameFault } from "./edits";

/** The row saves each change at once. */
export function ClassRow(props: {
  readonly entry: ClassDto;
  readonly index: number;
  readonly count: number;
  readonly classes: readonly ClassEdit[];
  readonly isDragged: boolean;
  readonly onChange: (change: Partial<ClassEdit>) => void;
  readonly onRetire: (retired: boolean) => void;
  readonly onMove: (to: number) => void;
  readonly onDrag: (index: number | undefined) => void;
  readonly onDrop: () => void;
}) {
  const { entry, index, count, classes, isDragged, onChange, onRetire, onMove, onDrag, onDrop } = props;
  const [draft, setDraft] = useState<string | undefined>(undefined);
  const name = draft ?? entry.name;
  const fault = draft === undefined ? undefined : nameFault(classes, index, draft);
  const commit = () => {
    if (draft === undefined) return;
    setDraft(undefined);
    if (fault === undefined && draft.trim() !== entry.name) onChange({ name: draft.trim() });
  };
  const classNames = ["class-row", isDragged ? "dragged" : "", entry.retired ? "retired" : ""].filter(Boolean).join(" ");
  return (
    <div className={classNames} role="listitem" data-testid="class-row" data-class-name={entry.name} onDragOver={(event) => event.preventDefault()} onDrop={onDrop}>
      <span className="class-grip" draggable data-tip="Drag to change the order" onDragStart={() => onDrag(index)} onDragEnd={() => onDrag(undefined)}>
        <GripVertical size={14} aria-hidden="true" />
      </span>
      <ColourPicker label={`Colour of ${entry.name}`} color={paletteColor(entry.colour)} chosen={entry.colour} onPick={(colour) => onChange({ colour })} />
      <div className="class-name">
        <input
          className="field"
          aria-label="Name"
          value={name}
          maxLength={80}
          aria-invalid={fault !== undefined}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => {
            if (event.key === "Enter") event.currentTarget.blur();
            if (event.key === "Escape") setDraft(undefined);
          }}
        />
        {fault === undefined ? null : (
          <span className="danger small-text" role="alert">
            {fault}
          </span>
        )}
      </div>
      <select
        className="field class-key"
        aria-label={`Number key of ${entry.name}`}
        data-tip="Number key. A key that another class has is taken from it."
        value={entry.key ?? ""}
        disabled={entry.retired}
        onChange={(event) => onChange({ key: event.target.value === "" ? null : Number(event.target.value) })}
      >
        <option value="">no key</option>
        {[1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => {
          const owner = classes.find((other, at) => other.key === key && at !== index);
          return (
            <option key={key} value={key}>
              {key}
              {owner === undefined ? "" : ` (${owner.name})`}
            </option>
          );
        })}
      </select>
      <span className="class-count t3" data-tip="Annotations with this class">
        {formatCount(entry.count)}
      </span>
      <IconButton label={`Move ${entry.name} up`} small disabled={index === 0} onClick={() => onMove(index - 1)}>
        <ArrowUp size={14} />
      </IconButton>
      <IconButton label={`Move ${entry.name} down`} small disabled={index === count - 1} onClick={() => onMove(index + 1)}>
        <ArrowDown size={14} />
      </IconButton>
      <IconButton label={entry.retired ? `Use ${entry.name} again` : `Retire ${entry.name}: its annotations stay, no new ones are made`} small onClick={() => onRetire(!entry.retired)}>
        {entry.retired ? <ArchiveRestore size={14} /> : <Archive size={14} />}
      </IconButton>
    </div>
  );
}
