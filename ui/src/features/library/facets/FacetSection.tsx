/** Counts of one field over the result. A click asks for a value, a click with Shift or Alt for all but it. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Facet, FacetValue } from "../../../backend/backend";
import { useClassTable } from "../../../backend/classes";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";
import { Button } from "../../../shared/components/Button";
import { Swatch } from "../../../shared/components/small";
import { formatCount } from "../../../shared/format";
import { useDebounced } from "../../../shared/hooks/hooks";
import { chosenValues, excludedValues, plainValue, toggleExcluded, toggleValue } from "../query/terms";
import { askFor, useLibrary, type Shown } from "../store";
import { PanelSection, useSection } from "./sections";

const FEW = 8;
/** So many values are listed when a person asks for all; more are found by typing. */
const MANY = 200;
const SEARCH_AFTER_MS = 120;

const WORDS: Readonly<Record<string, string>> = { none: "not yet seen", verified_empty: "verified empty", rotated_box: "rotated box" };
/** Folded until a person opens them. */
const BEGINS_FOLDED: ReadonlySet<string> = new Set(["device", "origin", "model", "stream", "kind", "layer", "run", "has"]);

function titleOf(field: string, value: string): string {
  return field === "submission" || field === "kind" ? (WORDS[value] ?? value) : value;
}

function FacetRow(props: { readonly field: string; readonly entry: FacetValue; readonly most: number; readonly isChosen: boolean; readonly isExcluded: boolean }) {
  const { field, entry, most, isChosen, isExcluded } = props;
  const backend = useBackend();
  const { colorOf } = useClassTable();
  const value = plainValue(entry.value);
  const title = titleOf(field, value);
  const state = isExcluded ? " excluded" : isChosen ? " chosen" : "";
  return (
    <button
      type="button"
      className={`facet-row${state}`}
      role="checkbox"
      aria-checked={isExcluded ? "mixed" : isChosen}
      aria-label={`${title}, ${formatCount(entry.count)}${isExcluded ? ", excluded" : ""}`}
      data-testid="facet-row"
      data-field={field}
      data-value={value}
      data-tip={`${title}: ${formatCount(entry.count)}. Click for any of the ticked, Shift+click for all but it.`}
      onClick={(event) => {
        const { text } = useLibrary.getState();
        const isOut = event.shiftKey || event.altKey || isExcluded;
        askFor(backend, isOut ? toggleExcluded(text, field, value) : toggleValue(text, field, value));
      }}
    >
      <span className={isExcluded ? "facet-tick out" : isChosen ? "facet-tick on" : "facet-tick"} aria-hidden="true" />
      {field === "class" ? <Swatch color={colorOf(entry.classId)} /> : null}
      <span className="ell">{title}</span>
      <span className="facet-count">{formatCount(entry.count)}</span>
      <span className="facet-bar" aria-hidden="true">
        <i style={{ width: `${Math.max(1, (100 * entry.count) / most)}%` }} />
      </span>
    </button>
  );
}

/** All values of a field, or those that are typed. */
function useAllValues(shown: Shown, field: string, typed: string, isWanted: boolean): readonly FacetValue[] | undefined {
  const backend = useBackend();
  const { searchId } = shown.result;
  const prefix = useDebounced(typed.trim(), SEARCH_AFTER_MS);
  const { data } = useQuery({
    queryKey: cacheKeys.facetValues(searchId, field, prefix),
    queryFn: () => backend.facetValues(searchId, field, prefix, MANY),
    placeholderData: keepPreviousData,
    enabled: isWanted,
  });
  return isWanted ? data?.values : undefined;
}

/** The section. */
export function FacetSection({ facet, shown }: { readonly facet: Facet; readonly shown: Shown }) {
  const { field } = facet;
  const begins = !BEGINS_FOLDED.has(field);
  const isOpen = useSection(field, begins);
  const [showsAll, setShowsAll] = useState(false);
  const [typed, setTyped] = useState("");
  const found = useAllValues(shown, field, typed, showsAll && isOpen);
  const chosen = chosenValues(shown.query, field);
  const excluded = excludedValues(shown.query, field);
  const most = Math.max(1, ...facet.values.map((entry) => entry.count));
  const asked = [...chosen, ...excluded];
  const missing = asked.filter((value) => !facet.values.some((entry) => plainValue(entry.value) === value));
  const values = [...facet.values, ...missing.map((value) => ({ value, count: 0, classId: null }))];
  const few = values.filter((entry, index) => index < FEW || asked.includes(plainValue(entry.value)));
  const rows = showsAll ? (found ?? values) : few;
  return (
    <PanelSection name={field} title={facet.title} begins={begins} aside={isOpen ? (chosen.size > 1 ? "any of" : null) : formatCount(facet.values.length)}>
      {showsAll ? (
        <input
          className="field facet-search"
          type="search"
          aria-label={`Find in ${facet.title}`}
          placeholder={`Find in ${facet.title.toLowerCase()}`}
          data-testid="facet-search"
          value={typed}
          autoFocus
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            if (typed === "") setShowsAll(false);
            setTyped("");
          }}
        />
      ) : null}
      <div className={showsAll ? "facet-rows all" : "facet-rows"}>
        {rows.map((entry) => (
          <FacetRow key={entry.value} field={field} entry={entry} most={most} isChosen={chosen.has(plainValue(entry.value))} isExcluded={excluded.has(plainValue(entry.value))} />
        ))}
        {rows.length === 0 ? <p className="t3 small-text">No value begins so.</p> : null}
      </div>
      {values.length > FEW ? (
        <Button
          variant="link"
          className="small-text facet-more"
          onClick={() => {
            setShowsAll(!showsAll);
            setTyped("");
          }}
        >
          {showsAll ? "Show fewer" : `Find among ${values.length >= MANY ? `${formatCount(MANY)} and more` : formatCount(values.length)}`}
        </Button>
      ) : null}
    </PanelSection>
  );
}
