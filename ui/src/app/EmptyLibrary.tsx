/** A library without captures: what arrives now, or three ways to get some. */
import { useBackend } from "../backend/context";
import { messageOf } from "../backend/errors";
import { useConnections, useJobs } from "../backend/queries";
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
  const { data: connections = [] } = useConnections();
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
  const waiting = connections.find((connection) => connection.state !== "failed");
  return (
    <div className="start-empty">
      <h1>{waiting === undefined ? "Start with some captures" : "No captures yet"}</h1>
      <p className="t2">{waiting === undefined ? "Everything stays on this computer until you connect a service." : `Connected to ${waiting.url}. Captures appear here as devices send them.`}</p>
      <StartCards busy={false} onFolder={openFolder} onConnect={() => openDialog({ kind: "connect" })} onDemo={demoAvailable ? openDemo : undefined} />
    </div>
  );
}
