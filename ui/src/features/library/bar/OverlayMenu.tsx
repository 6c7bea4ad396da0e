/** Which annotations are drawn on the thumbnails. */
import { BoxSelect } from "lucide-react";
import { useClassTable } from "../../../backend/classes";
import { Button } from "../../../shared/components/Button";
import { CheckField } from "../../../shared/components/fields";
import { NO_CLASS_COLOR } from "../../../shared/components/palette";
import { Popover } from "../../../shared/components/Popover";
import { Swatch } from "../../../shared/components/small";
import { formatCount } from "../../../shared/format";
import { useKeys } from "../../../shared/keys/KeymapProvider";
import { ALL_OVERLAYS, hidesSome, NO_CLASS, onlyClass, toggleClass } from "../overlays/overlays";
import { changeOverlays, useLibrary } from "../store";

function ClassRows() {
  const { classes, colorOf } = useClassTable();
  const overlays = useLibrary((state) => state.overlays);
  const rows = [...classes.filter((entry) => !entry.retired || entry.count > 0).map(({ classId, name, count }) => ({ classId, name, count })), { classId: NO_CLASS, name: "No class", count: undefined }];
  const all = rows.map((row) => row.classId);
  return (
    <ul className="overlay-classes">
      {rows.map(({ classId, name, count }) => (
        <li key={classId}>
          <label className="row grow">
            <input type="checkbox" className="check" checked={!overlays.hiddenClasses.has(classId)} onChange={() => changeOverlays((last) => toggleClass(last, classId))} />
            <Swatch color={classId === NO_CLASS ? NO_CLASS_COLOR : colorOf(classId)} />
            <span className="ell grow">{name}</span>
            {count === undefined ? null : <span className="t3 small-text">{formatCount(count)}</span>}
          </label>
          <Button variant="link" className="small-text" aria-label={`Draw ${name} alone`} onClick={() => changeOverlays((last) => onlyClass(last, classId, all))}>
            only
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** The popover, and the key that takes all annotations off the thumbnails. */
export function OverlayMenu() {
  const overlays = useLibrary((state) => state.overlays);
  useKeys("library", { "library.overlays": () => changeOverlays((last) => ({ ...last, isOn: !last.isOn })) });
  const isPartial = hidesSome(overlays);
  return (
    <Popover
      kind="dialog"
      label={isPartial ? "Annotations on the thumbnails: some are hidden" : "Annotations on the thumbnails"}
      action="library.overlays"
      button={
        <>
          <BoxSelect size={15} />
          {isPartial ? <i className="overlay-dot" aria-hidden="true" /> : null}
        </>
      }
      buttonClass={overlays.isOn ? "icon-btn overlay-button" : "icon-btn overlay-button off"}
      panelClass="overlay-panel"
      testId="overlay-menu"
    >
      <div className="row">
        <span className="strong grow">Annotations</span>
        <input
          type="checkbox"
          role="switch"
          className="switch"
          aria-label="Draw annotations"
          checked={overlays.isOn}
          data-testid="overlay-on"
          data-autofocus
          onChange={(event) => changeOverlays((last) => ({ ...last, isOn: event.target.checked }))}
        />
      </div>
      <CheckField label="Proposals" hint="dashed" checked={overlays.showsProposals} onChange={(showsProposals) => changeOverlays((last) => ({ ...last, showsProposals }))} />
      <label className="row overlay-confidence">
        <span className="t2 grow">
          from confidence <b className="strong">{overlays.leastConfidence.toFixed(2)}</b>
        </span>
        <input
          type="range"
          className="slider"
          aria-label="Least confidence of a proposal"
          data-testid="overlay-confidence"
          min={0}
          max={0.99}
          step={0.01}
          value={overlays.leastConfidence}
          disabled={!overlays.showsProposals}
          onChange={(event) => changeOverlays((last) => ({ ...last, leastConfidence: Number(event.target.value) }))}
        />
      </label>
      <CheckField label="Decided" hint="solid" checked={overlays.showsDecided} onChange={(showsDecided) => changeOverlays((last) => ({ ...last, showsDecided }))} />
      <div className="overlay-line" />
      <ClassRows />
      {isPartial ? (
        <Button variant="link" className="small-text overlay-all" onClick={() => changeOverlays(() => ALL_OVERLAYS)}>
          Draw all
        </Button>
      ) : null}
    </Popover>
  );
}
