/** Key caps. */
import { chordParts, keyCap } from "../keys/chord";
import { useChord } from "../keys/KeymapProvider";

/** A chord as key caps. */
export function Kbd({ chord }: { readonly chord: string }) {
  return (
    <span className="chord">
      {chordParts(chord).map((part, index) => (
        <kbd key={index}>{keyCap(part)}</kbd>
      ))}
    </span>
  );
}

/** The present key of an action as key caps; nothing when it has none. */
export function ActionKbd({ action }: { readonly action: string }) {
  const chord = useChord(action);
  return chord === undefined ? null : <Kbd chord={chord} />;
}
