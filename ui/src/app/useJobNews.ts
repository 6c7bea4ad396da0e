/** Tells of jobs that end while nobody looks at them. */
import { useEffect } from "react";
import type { Backend, JobDto } from "../backend/backend";
import { toast } from "../shared/components/toasts";
import { formatCounted } from "../shared/format";
import { useWindow } from "./windowState";

const DONE: Partial<Record<JobDto["kind"], (job: JobDto) => string>> = {
  import: (job) => `Imported ${formatCounted(job.done, "capture")}${job.failed > 0 ? `, ${job.failed} failed` : ""}`,
  prelabel: (job) => `Pre-labelled ${formatCounted(job.done, "capture")}${job.failed > 0 ? `, ${job.failed} failed` : ""}`,
  export: (job) => `Exported ${formatCounted(job.done, "capture")}${job.result === null ? "" : ` to ${job.result}`}`,
};

/** One notice a job; none for what its dialog shows already. */
export function useJobNews(backend: Backend): void {
  useEffect(() => {
    const told = new Set<string>();
    return backend.onJob((job) => {
      if (job.state === "queued" || job.state === "running" || told.has(job.jobId)) return;
      told.add(job.jobId);
      if (useWindow.getState().dialog?.kind === job.kind) return;
      const showJobs = { title: "Show", run: () => useWindow.setState({ showsJobs: true }) };
      if (job.state === "failed") toast(`${job.title} failed${job.message === null ? "" : `: ${job.message}`}`, { kind: "bad", action: showJobs });
      const text = job.state === "done" ? DONE[job.kind]?.(job) : undefined;
      if (text !== undefined) toast(text, job.failed > 0 ? { action: showJobs } : {});
    });
  }, [backend]);
}
