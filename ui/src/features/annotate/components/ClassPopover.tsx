/** Search a class by some of its letters and give it to what is selected, or to the next box. */
import { Plus, Search } from "lucide-react";
import { useEffect, useLayoutEffect, useMemo, useRef, useState, type KeyboardEvent, type RefObject } from "react";
import { messageOf } from "../../../backend/errors";
import type { ClassDto } from "../../../backend/backend";
import { setClass } from "../../../editor/acts/classify";
import { boxToView } from "../../../editor/geometry/transform";
import { shapeOf } from "../../../editor/shapes/registry";
import { Kbd } from "../../../shared/components/Kbd";
import { Swatch } from "../../../shared/components/small";
import { toast } from "../../../shared/components/toasts";
import { formatCount } from "../../../shared/format";
import { colourOf, isUnmapped } from "../workbench/convert";
import { fuzzy, type FuzzyMatch } from "../../../shared/fuzzy";
import type { Workbench } from "../workbench/workbench";
import { useWorkbench } from "./hooks";
import { placeBeside } from "./placement";

type Row = { readonly kind: "class"; readonly match: FuzzyMatch<ClassDto> } | { readonly kind: "create"; readonly name: string };

const SHOWN = 9;

export function ClassPopover({ workbench, onClose }: { readonly workbench: Workbench; readonly onClose: () => void }) {
  const { editor } = workbench;
  const project = useWorkbench(workbench, (state) => state.project);
  const [typed, setTyped] = useState("");
  const [chosen, setChosen] = useState(0);
  const frame = useRef<HTMLDivElement>(null);
  const making = useRef(false);
  const classes = useMemo(() => project?.classes.filter((dto) => !dto.retired) ?? [], [project]);
  const matches = useMemo(() => fuzzy(classes, typed, (dto) => dto.name), [classes, typed]);
  const [selected] = editor.selected();
  const suggested = selected && isUnmapped(selected) ? editor.className(selected.classId) : "";
  const newName = typed.trim() === "" ? suggested : typed.trim();
  const isNew = newName !== "" && !classes.some((dto) => dto.name.toLowerCase() === newName.toLowerCase());
  const found = matches.slice(0, SHOWN).map((match): Row => ({ kind: "class", match }));
  const create: Row[] = isNew ? [{ kind: "create", name: newName }] : [];
  // A name that a model brought along is what the person most likely means; one that was typed may be a slip.
  const rows = typed.trim() === "" ? [...create, ...found] : [...found, ...create];
  const at = Math.min(chosen, rows.length - 1);

  useEffect(() => {
    // Counts may be old; the list works without them.
    workbench.refreshProject().catch(() => undefined);
  }, [workbench]);
  useCloseOutside(frame, onClose);
  const shown = rows.length;
  useLayoutEffect(() => {
    if (frame.current) placePopover(frame.current, workbench, shown);
  }, [workbench, shown]);

  const give = (classId: string): void => {
    setClass(editor, classId);
    onClose();
  };
  const run = (row: Row | undefined): void => {
    // The list changes while a class is made: a second Enter would mean another row.
    if (!row || making.current) return;
    if (row.kind === "class") give(row.match.item.classId);
    else {
      making.current = true;
      workbench
        .createClass(row.name)
        .then(
          (classId) => classId !== null && give(classId),
          (reason: unknown) => toast(messageOf(reason), { kind: "bad" }),
        )
        .finally(() => (making.current = false));
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const digit = typed === "" && !event.ctrlKey && !event.altKey ? classes.find((dto) => dto.key !== null && String(dto.key) === event.key) : undefined;
    if (event.key === "Escape") onClose();
    else if (event.key === "Enter") run(rows[at]);
    else if (event.key === "ArrowDown") setChosen((at + 1) % Math.max(1, rows.length));
    else if (event.key === "ArrowUp") setChosen((at - 1 + rows.length) % Math.max(1, rows.length));
    else if (event.key === "Tab") onClose();
    else if (digit) give(digit.classId);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div ref={frame} className="pop an-classes an-float" role="dialog" aria-label="Set the class" data-testid="class-popover" onKeyDown={onKeyDown}>
      <div className="an-class-input">
        <Search size={14} />
        <input
          autoFocus
          role="combobox"
          aria-expanded="true"
          aria-controls="class-list"
          aria-activedescendant={rows.length > 0 ? `class-row-${at}` : undefined}
          aria-label="Class name"
          placeholder={classes.length === 0 ? "Name the first class" : "Class"}
          value={typed}
          onChange={(event) => {
            setTyped(event.target.value);
            setChosen(0);
          }}
        />
        <span className="t3 nowrap">
          {formatCount(matches.length)} of {formatCount(classes.length)}
        </span>
      </div>
      <div id="class-list" role="listbox" aria-label="Classes">
        {rows.map((row, index) => (
          <div
            key={row.kind === "class" ? row.match.item.classId : "create"}
            id={`class-row-${index}`}
            role="option"
            aria-selected={index === at}
            className={index === at ? "mrow on" : "mrow"}
            onPointerMove={() => setChosen(index)}
            onClick={() => run(row)}
          >
            {row.kind === "class" ? <ClassRow match={row.match} /> : <NewRow name={row.name} />}
          </div>
        ))}
      </div>
      <div className="mfoot">
        <span>
          <Kbd chord="Enter" /> {editor.selection.size > 0 ? "set" : "for the next box"}
        </span>
        {matches.length > SHOWN ? <span className="t3">{formatCount(matches.length - SHOWN)} more: type to find them</span> : null}
      </div>
    </div>
  );
}

function ClassRow({ match: { item, at } }: { readonly match: FuzzyMatch<ClassDto> }) {
  return (
    <>
      <Swatch color={colourOf(item)} />
      <span className="ell">
        {[...item.name].map((letter, index) => (at.includes(index) ? <mark key={index}>{letter}</mark> : letter))}
      </span>
      <span className="n">{formatCount(item.count)}</span>
      <span className="an-class-key">{item.key === null ? null : <kbd>{item.key}</kbd>}</span>
    </>
  );
}

function NewRow({ name }: { readonly name: string }) {
  return (
    <>
      <Plus size={12} />
      <span className="ell">
        Make class <b>{name}</b>
      </span>
    </>
  );
}

function useCloseOutside(frame: RefObject<HTMLElement | null>, onClose: () => void): void {
  useEffect(() => {
    const onPointerDown = (event: PointerEvent): void => {
      if (event.target instanceof Node && !frame.current?.contains(event.target)) onClose();
    };
    window.addEventListener("pointerdown", onPointerDown, true);
    return () => window.removeEventListener("pointerdown", onPointerDown, true);
  }, [frame, onClose]);
}

/** Puts the popover beside the object. Its upper edge moves only when the list grows, so typing keeps it still. */
function placePopover(element: HTMLElement, workbench: Workbench, rows: number): void {
  const { editor } = workbench;
  const [selected] = editor.selected();
  const object = selected ? boxToView(editor.viewFromImage, shapeOf(selected.geometry).bounds(selected.geometry)) : null;
  const { left, top } = placeBeside(object, { width: element.offsetWidth, height: element.offsetHeight }, editor.camera.viewport);
  const most = Number(element.dataset["rows"] ?? -1);
  element.style.left = `${left}px`;
  if (rows > most) element.style.top = `${top}px`;
  element.dataset["rows"] = String(Math.max(rows, most));
}
