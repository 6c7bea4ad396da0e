/** What can be asked for: slices and picks, then counts and charts over the result. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";
import { chosenValues } from "../query/terms";
import type { Shown } from "../store";
import { ConfidenceSection } from "./ConfidenceSection";
import { FacetSection } from "./FacetSection";
import { HistogramSection } from "./HistogramSection";
import { SavedSections } from "./SavedSections";
import "./facets.css";

/** Fields with a section of their own; the risk of a capture is what the section of confidence shows. */
const SHOWN_OTHERWISE = ["captured", "conf", "risk"];

/** The panel. */
export function FacetPanel({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  const { searchId } = shown.result;
  const { data: facets = [] } = useQuery({
    queryKey: cacheKeys.facets(searchId),
    queryFn: () => backend.facets(searchId),
    placeholderData: keepPreviousData,
  });
  const { data: fields = [] } = useQuery({
    queryKey: cacheKeys.histogramFields(searchId),
    queryFn: () => backend.histogramFields(searchId),
    placeholderData: keepPreviousData,
  });
  const [first, ...rest] = facets.filter((facet) => facet.values.length > 0 || chosenValues(shown.query, facet.field).size > 0);
  const captured = fields.find((field) => field.name === "captured");
  const others = fields.filter((field) => !SHOWN_OTHERWISE.includes(field.name));
  return (
    <div className="facet-scroll">
      <SavedSections shown={shown} />
      {captured === undefined ? null : <HistogramSection shown={shown} field={captured} begins />}
      {first === undefined ? null : <FacetSection key={first.field} facet={first} shown={shown} />}
      <ConfidenceSection shown={shown} />
      {rest.map((facet) => (
        <FacetSection key={facet.field} facet={facet} shown={shown} />
      ))}
      {others.map((field) => (
        <HistogramSection key={field.name} shown={shown} field={field} begins={false} />
      ))}
    </div>
  );
}
