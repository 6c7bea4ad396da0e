/** By what the result is sorted and gathered. */
import { useQuery } from "@tanstack/react-query";
import { ArrowDown, ArrowUp, Layers } from "lucide-react";
import type { GroupBy, SortSpec } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";
import { IconButton } from "../../../shared/components/Button";
import { MenuHead, MenuItem, Popover, usePopover } from "../../../shared/components/Popover";
import { useKeys } from "../../../shared/keys/KeymapProvider";
import { GROUP_TITLES } from "../grid/groups";
import { orderBy, useLibrary, type Shown } from "../store";

interface SortChoice {
  readonly by: string;
  readonly title: string;
  /** The direction that is wanted first. */
  readonly descending: boolean;
  /** What the two directions mean. */
  readonly words: readonly [up: string, down: string];
}

const MAIN: readonly SortChoice[] = [
  { by: "captured", title: "Captured", descending: true, words: ["oldest first", "newest first"] },
  { by: "received", title: "Received", descending: true, words: ["earliest first", "latest first"] },
  // What is sorted is the least confidence of an undecided proposal: the least sure is the riskiest.
  { by: "risk", title: "Risk", descending: false, words: ["highest first", "lowest first"] },
];
const RELEVANCE: SortChoice = { by: "relevance", title: "Relevance to the words", descending: true, words: ["least first", "most first"] };
const DISTANCE: SortChoice = { by: "distance", title: "Likeness", descending: false, words: ["most alike first", "least alike first"] };
const ID: SortChoice = { by: "id", title: "Id", descending: false, words: ["ascending", "descending"] };
const KEYWORDS = ["site", "device", "trigger", "stream", "model", "submission"];

const ofField = (by: string, title: string): SortChoice => ({ by, title, descending: false, words: ["ascending", "descending"] });

/** Some orders need something in the query to go by. */
function mainChoices(query: string): SortChoice[] {
  const isSimilar = /(^|[\s(])(similar|text):/.test(query);
  const hasWords = query.split(/\s+/).some((word) => word !== "" && !word.includes(":"));
  return [...MAIN, ...(hasWords ? [RELEVANCE] : []), ...(isSimilar ? [DISTANCE] : [])];
}

function titleOf(sort: SortSpec, choices: readonly SortChoice[]): SortChoice {
  return choices.find((choice) => choice.by === sort.by) ?? ofField(sort.by, sort.by);
}

/** The sort menu with its direction. */
export function SortMenu({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  const { sort } = useLibrary((state) => state.order);
  const { searchId } = shown.result;
  const { data: fields = [] } = useQuery({ queryKey: cacheKeys.histogramFields(searchId), queryFn: () => backend.histogramFields(searchId) });
  const main = mainChoices(shown.query);
  const numbers = fields.filter((field) => !main.some((choice) => choice.by === field.name)).map((field) => ofField(field.name, field.title));
  const keywords = KEYWORDS.map((name) => ofField(name, name.charAt(0).toUpperCase() + name.slice(1)));
  const current = titleOf(sort, [...main, RELEVANCE, DISTANCE, ID, ...numbers, ...keywords]);
  const words = current.words[sort.descending ? 1 : 0];
  const part = (choices: readonly SortChoice[]) =>
    choices.map((choice) => (
      <MenuItem
        key={choice.by}
        checked={choice.by === sort.by}
        testId={`sort-${choice.by}`}
        onChoose={() => orderBy(backend, { sort: { by: choice.by, descending: choice.descending } })}
      >
        {choice.title}
      </MenuItem>
    ));
  return (
    <span className="row sort-place">
      <Popover kind="menu" label={`Sort: ${current.title}, ${words}`} tip="Sort by" button={<span className="ell">{current.title}</span>} testId="sort-menu">
        {part(main)}
        {numbers.length === 0 ? null : <MenuHead>Numbers and times</MenuHead>}
        {part(numbers)}
        <MenuHead>Names</MenuHead>
        {part([...keywords, ID])}
      </Popover>
      <IconButton
        label={`${words.charAt(0).toUpperCase()}${words.slice(1)}: turn round`}
        small
        data-testid="sort-direction"
        onClick={() => orderBy(backend, { sort: { by: sort.by, descending: !sort.descending } })}
      >
        {sort.descending ? <ArrowDown size={14} /> : <ArrowUp size={14} />}
      </IconButton>
    </span>
  );
}

const GROUPS: readonly GroupBy[] = ["site", "day", "trigger", "device", "duplicate"];

/** The group menu. */
export function GroupMenu() {
  const backend = useBackend();
  const { group } = useLibrary((state) => state.order);
  const state = usePopover();
  useKeys("library", { "library.group": () => state.setIsOpen(true) });
  const choose = (next: GroupBy | null) => orderBy(backend, { group: next });
  const title = group === null ? "Not grouped" : GROUP_TITLES[group];
  const button = (
    <>
      <Layers size={14} />
      {group === null ? null : <span className="ell">{title}</span>}
    </>
  );
  return (
    <Popover kind="menu" label={`Group: ${title}`} tip="Group by" action="library.group" state={state} button={button} buttonClass={group === null ? "btn quiet small" : "btn quiet small on"} testId="group-menu">
      <MenuHead>Group by</MenuHead>
      <MenuItem checked={group === null} onChoose={() => choose(null)}>
        Nothing
      </MenuItem>
      {GROUPS.map((entry) => (
        <MenuItem key={entry} checked={group === entry} testId={`group-${entry}`} onChoose={() => choose(entry)}>
          {GROUP_TITLES[entry]}
        </MenuItem>
      ))}
    </Popover>
  );
}
