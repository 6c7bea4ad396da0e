/** A library without captures: what arrives now, or three ways to get some. */
import { useBackend } from "../backend/context";
import { messageOf } from "../backend/errors";
import { useJobs } from "../backend/queries";
import { StartCards } from "../features/start";
import { isActive, JobCard } from "../shared/components/JobCard";
import { toast } from "../shared/components/toasts";
import { useBeginnings } from "./useBeginnings";
import { openDialog } from "./windowState";

/** Stands in place of the grid. */
export function EmptyLibrary({ demoAvailable }: { readonly demoAvailable: boolean }) {
  const backend = useBackend();
  const { data: jobs = [] } = useJobs();
  const { openFolder, openDemo } = useBeginnings();
  const bringing = jobs.find((job) => isActive(job) && (job.kind === "import" || job.kind === "sync"));
  if (bringing !== undefined) {
    return (
      <div className="start-empty arriving">
        <h1>Captures are on their way</h1>
        <div className="card arriving-job">
          <JobCard job={bringing} onCancel={() => void backend.cancelJob(bringing.jobId).catch((reason: unknown) => toast(messageOf(reason), { kind: "bad" }))} />
        </div>
      </div>
    );
  }
  return (
    <div className="start-empty">
      <h1>Start with some captures</h1>
      <p className="t2">Everything stays on this computer until you connect a service.</p>
      <StartCards busy={false} onFolder={openFolder} onConnect={() => openDialog({ kind: "connect" })} onDemo={demoAvailable ? openDemo : undefined} />
    </div>
  );
}
