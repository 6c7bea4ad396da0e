/** The slim rail: one entry a view that exists. */
import { CircleHelp, LayoutGrid, Shapes, SlidersHorizontal, SquareDashedMousePointer, type LucideIcon } from "lucide-react";
import { useSettings } from "../backend/queries";
import { useChord } from "../shared/keys/KeymapProvider";
import { goTo, openDialog, useWindow, type View } from "./windowState";

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0]?.[0] ?? "";
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? "") : "";
  return `${first}${last}`.toUpperCase();
}

function RailItem(props: { readonly view: View; readonly title: string; readonly icon: LucideIcon; readonly dot?: string | undefined }) {
  const { view, title, icon: Icon, dot } = props;
  const present = useWindow((state) => state.view);
  const chord = useChord(`app.${view}`);
  return (
    <button
      type="button"
      className={present === view ? "rail-item on" : "rail-item"}
      aria-label={title}
      aria-current={present === view ? "page" : undefined}
      data-tip={dot ?? title}
      data-tip-key={chord}
      data-testid={`rail-${view}`}
      onClick={() => goTo(view)}
    >
      <Icon size={20} strokeWidth={1.6} aria-hidden="true" />
      {dot === undefined ? null : <span className="rail-dot" />}
    </button>
  );
}

/** The rail. `unmapped` is how many model classes wait for a class. */
export function Rail({ unmapped }: { readonly unmapped: number }) {
  const { data: settings } = useSettings();
  const name = settings?.personName ?? "";
  const keys = useChord("app.keys");
  return (
    <nav className="rail" aria-label="Views">
      <RailItem view="library" title="Library" icon={LayoutGrid} />
      <RailItem view="annotate" title="Annotate" icon={SquareDashedMousePointer} />
      <RailItem view="project" title="Project" icon={Shapes} dot={unmapped === 0 ? undefined : `Project: ${unmapped === 1 ? "1 model class has" : `${unmapped} model classes have`} no class yet`} />
      <span className="grow" />
      <button type="button" className="rail-item" aria-label="Keys of this view" data-tip="Keys of this view" data-tip-key={keys} onClick={() => openDialog({ kind: "keys" })}>
        <CircleHelp size={20} strokeWidth={1.6} aria-hidden="true" />
      </button>
      <RailItem view="settings" title="Settings" icon={SlidersHorizontal} />
      {name === "" ? null : (
        <button type="button" className="avatar" aria-label={`You are ${name}`} data-tip={name} onClick={() => goTo("settings")}>
          {initialsOf(name)}
        </button>
      )}
    </nav>
  );
}
