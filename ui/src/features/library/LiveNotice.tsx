/** New captures wait here until they are asked for; the grid does not move under the pointer. */
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useBackend } from "../../backend/context";
import { cacheKeys } from "../../backend/queries";
import { ActionKbd } from "../../shared/components/Kbd";
import { formatCount } from "../../shared/format";
import { useKeys } from "../../shared/keys/KeymapProvider";
import { runQuery, type Shown } from "./store";

/** "23 new match this query". */
export function LiveNotice({ shown }: { readonly shown: Shown }) {
  const backend = useBackend();
  const { searchId } = shown.result;
  const { data: fresh = 0 } = useQuery({ queryKey: cacheKeys.newMatches(searchId), queryFn: () => backend.newMatches(searchId) });
  const show = () => {
    if (fresh === 0) return false;
    void runQuery(backend);
    return true;
  };
  useKeys("library", { "library.showNew": show });
  if (fresh === 0) return null;
  return (
    <div className="live-notice" role="status" data-testid="live-notice">
      <Download size={12} aria-hidden="true" />
      <span>
        <b>{formatCount(fresh)} new</b> {shown.query.trim() === "" ? (fresh === 1 ? "capture" : "captures") : fresh === 1 ? "matches this query" : "match this query"}
      </span>
      <button type="button" onClick={show}>
        Show <ActionKbd action="library.showNew" />
      </button>
    </div>
  );
}
