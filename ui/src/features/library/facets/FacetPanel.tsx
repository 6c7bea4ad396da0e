/** Counts over the result by field. A click asks for a value, a click with Alt asks for all but it. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Facet, FacetValue } from "../../../backend/backend";
import { useClassTable } from "../../../backend/classes";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";
import { Button } from "../../../shared/components/Button";
import { FoldSection, Swatch } from "../../../shared/components/small";
import { formatCount } from "../../../shared/format";
import { chosenValues, plainValue, toggleExcluded, toggleValue } from "../query/terms";
import { askFor, useLibrary, type Shown } from "../store";
import { ConfidenceSection } from "./ConfidenceSection";
import "./facets.css";

const FEW = 8;

const WORDS: Readonly<Record<string, string>> = { none: "not yet seen", verified_empty: "verified empty", rotated_box: "rotated box" };

function titleOf(field: string, value: string): string {
  return field === "submission" || field === "kind" ? (WORDS[value] ?? value) : value;
}

function FacetRow(props: { readonly facet: Facet; readonly entry: FacetValue; readonly most: number; readonly isChosen: boolean }) {
  const { facet, entry, most, isChosen } = props;
  const backend = useBackend();
  const { colorOf } = useClassTable();
  const value = plainValue(entry.value);
  const title = titleOf(facet.field, value);
  return (
    <button
      type="button"
      className={isChosen ? "facet-row chosen" : "facet-row"}
      role="checkbox"
      aria-checked={isChosen}
      data-testid="facet-row"
      data-field={facet.field}
      data-value={value}
      data-tip={`${title}: ${formatCount(entry.count)}. Click for any of the ticked, Alt+click for all but it.`}
      onClick={(event) => {
        const { text } = useLibrary.getState();
        askFor(backend, event.altKey ? toggleExcluded(text, facet.field, value) : toggleValue(text, facet.field, value));
      }}
    >
      <span className={isChosen ? "facet-tick on" : "facet-tick"} aria-hidden="true" />
      {facet.field === "class" ? <Swatch color={colorOf(entry.classId)} /> : null}
      <span className="ell">{title}</span>
      <span className="facet-count">{formatCount(entry.count)}</span>
      <span className="facet-bar" aria-hidden="true">
        <i style={{ width: `${Math.max(1, (100 * entry.count) / most)}%` }} />
      </span>
    </button>
  );
}

function FacetSection({ facet, query }: { readonly facet: Facet; readonly query: string }) {
  const folded = useLibrary((state) => state.foldedFacets);
  const [showsAll, setShowsAll] = useState(false);
  const isOpen = !folded.has(facet.field);
  const chosen = chosenValues(query, facet.field);
  const most = Math.max(1, ...facet.values.map((entry) => entry.count));
  const missing = [...chosen].filter((value) => !facet.values.some((entry) => plainValue(entry.value) === value));
  const values = [...facet.values, ...missing.map((value) => ({ value, count: 0, classId: null }))];
  const few = showsAll ? values : values.filter((entry, index) => index < FEW || chosen.has(plainValue(entry.value)));
  return (
    <FoldSection
      title={facet.title}
      aside={isOpen ? (chosen.size > 0 ? "any of" : null) : formatCount(facet.values.length)}
      open={isOpen}
      onToggle={() =>
        useLibrary.setState((state) => {
          const next = new Set(state.foldedFacets);
          if (!next.delete(facet.field)) next.add(facet.field);
          return { foldedFacets: next };
        })
      }
    >
      {few.map((entry) => (
        <FacetRow key={entry.value} facet={facet} entry={entry} most={most} isChosen={chosen.has(plainValue(entry.value))} />
      ))}
      {values.length > FEW ? (
        <Button variant="link" className="small-text facet-more" onClick={() => setShowsAll(!showsAll)}>
          {showsAll ? "Show fewer" : `Show all ${formatCount(values.length)}`}
        </Button>
      ) : null}
    </FoldSection>
  );
}

/** The panel. */
export function FacetPanel({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  const { searchId } = shown.result;
  const { data: facets = [] } = useQuery({
    queryKey: cacheKeys.facets(searchId),
    queryFn: () => backend.facets(searchId),
    placeholderData: keepPreviousData,
  });
  const [first, ...rest] = facets.filter((facet) => facet.values.length > 0 || chosenValues(shown.query, facet.field).size > 0);
  return (
    <div className="facet-scroll">
      {first === undefined ? null : <FacetSection key={first.field} facet={first} query={shown.query} />}
      <ConfidenceSection shown={shown} />
      {rest.map((facet) => (
        <FacetSection key={facet.field} facet={facet} query={shown.query} />
      ))}
    </div>
  );
}
