/** What is kept on this computer for working without a network, and how full the cache is. */
import { useQueryClient } from "@tanstack/react-query";
import { CircleCheck, CloudDownload } from "lucide-react";
import { useBackend } from "../../backend/context";
import { messageOf } from "../../backend/errors";
import { cacheKeys, rememberJob, useCacheState, useOffline } from "../../backend/queries";
import type { CacheState, OfflineSet } from "../../backend/types";
import { Button } from "../../shared/components/Button";
import { toast } from "../../shared/components/toasts";
import { formatBytes, formatCount, formatCounted, formatDate } from "../../shared/format";

function CacheLine({ cache }: { readonly cache: CacheState }) {
  const share = Math.min(1, cache.bytes / Math.max(1, cache.limitBytes));
  const pinned = Math.min(share, cache.pinnedBytes / Math.max(1, cache.limitBytes));
  const text = `${formatBytes(cache.bytes)} of ${formatBytes(cache.limitBytes)}, ${formatBytes(cache.pinnedBytes)} of it kept`;
  return (
    <div className="setting-row">
      <div className="setting-text">
        <b>Originals on this computer</b>
        <p>{formatCounted(cache.blobs, "original")}. What was used longest ago goes first; what is kept stays.</p>
      </div>
      <div className="cache-gauge">
        <div className="cache-bar" role="meter" aria-label="Cache of originals" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} aria-valuetext={text}>
          <i style={{ width: `${share * 100}%` }} />
          <i className="kept" style={{ width: `${pinned * 100}%` }} />
        </div>
        <span className="t2" data-testid="cache-text">
          {text}
        </span>
      </div>
    </div>
  );
}

function SetRow({ set }: { readonly set: OfflineSet }) {
  const backend = useBackend();
  const client = useQueryClient();
  const refuse = (reason: unknown) => toast(messageOf(reason), { kind: "bad" });
  const refresh = () => void client.invalidateQueries({ queryKey: cacheKeys.offline });
  const isReady = set.ready === set.total;
  const resume = () =>
    void backend.resumeOffline(set.offlineId).then((job) => {
      rememberJob(client, job);
      refresh();
    }, refuse);
  const release = () =>
    void backend.releaseOffline(set.offlineId).then(() => {
      refresh();
      toast(`“${set.name}” is no longer kept. Its originals may leave the cache.`);
    }, refuse);
  return (
    <div className="setting-row" data-testid="offline-row">
      <div className="setting-text">
        <b className="row">
          <span className="ell">{set.name}</span>
          {isReady ? (
            <span className="tag ok">
              <CircleCheck size={11} /> ready offline
            </span>
          ) : (
            <span className="tag">{set.jobId === null ? "not ready" : "fetching"}</span>
          )}
        </b>
        <p>
          {isReady ? formatCounted(set.total, "capture") : `${formatCount(set.ready)} of ${formatCounted(set.total, "capture")} ready`}, {formatBytes(isReady ? set.bytes : set.readyBytes)}
          {isReady ? "" : ` of ${formatBytes(set.bytes)}`}, taken {formatDate(set.madeAtMicros)}
        </p>
      </div>
      {isReady || set.jobId !== null ? null : (
        <Button size="small" onClick={resume} tip="Fetch what is missing">
          <CloudDownload size={12} />
          Fetch the rest
        </Button>
      )}
      <Button size="small" variant="danger" onClick={release} tip="Its originals may leave the cache again">
        Let go
      </Button>
    </div>
  );
}

/** The section. */
export function OfflineSection() {
  const { data: sets = [] } = useOffline();
  const { data: cache } = useCacheState();
  return (
    <section data-testid="offline-section">
      <h2>Working offline</h2>
      <div className="card">
        {cache === undefined ? null : <CacheLine cache={cache} />}
        {sets.map((set) => (
          <SetRow key={set.offlineId} set={set} />
        ))}
        {sets.length > 0 ? null : <p className="t2 offline-none">Nothing is kept yet. Select captures in the Library and choose “Take offline”.</p>}
      </div>
    </section>
  );
}
