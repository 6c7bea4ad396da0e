/** What stands in the bar above the crops: how many, in which order, how large. */
import { RefreshCw } from "lucide-react";
import { useQueryClient } from "@tanstack/react-query";
import { Button } from "../../shared/components/Button";
import { formatCounted } from "../../shared/format";
import { CELL, CROP_ORDERS, useCrops } from "./store";
import { useCropSearch } from "./useCropSearch";

/** The tools of the crops. */
export function CropsBar({ query }: { readonly query: string }) {
  const client = useQueryClient();
  const order = useCrops((state) => state.order);
  const cellPx = useCrops((state) => state.cellPx);
  const isOld = useCrops((state) => state.isOld);
  const { data } = useCropSearch(query);
  const askAgain = () => {
    useCrops.setState({ isOld: false });
    void client.invalidateQueries({ queryKey: ["cropSearch"] });
  };
  return (
    <>
      {data === undefined ? null : <span className="t2 nowrap">{formatCounted(data.total, "annotation")}</span>}
      {isOld ? (
        <Button size="small" variant="quiet" tip="Ask again: what was decided may no longer match" onClick={askAgain}>
          <RefreshCw size={13} />
          Ask again
        </Button>
      ) : null}
      <select aria-label="Order of the annotations" className="field crop-order" value={order} data-testid="crop-order" onChange={(event) => useCrops.setState({ order: event.target.value })}>
        {CROP_ORDERS.map((entry) => (
          <option key={entry.name} value={entry.name}>
            {entry.title}
          </option>
        ))}
      </select>
      <input
        type="range"
        className="slider"
        aria-label="Size of the crops"
        min={CELL.min}
        max={CELL.max}
        value={cellPx}
        onChange={(event) => useCrops.setState({ cellPx: Number(event.target.value) })}
      />
    </>
  );
}
