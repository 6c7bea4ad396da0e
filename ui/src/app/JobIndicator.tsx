/** The job that runs, in the top bar; all jobs when it is pressed. */
import { ListChecks } from "lucide-react";
import { useEffect, useRef } from "react";
import { useBackend } from "../backend/context";
import { messageOf } from "../backend/errors";
import { useJobs } from "../backend/queries";
import { fractionOf, isActive, JobCard } from "../shared/components/JobCard";
import { ProgressBar } from "../shared/components/small";
import { toast } from "../shared/components/toasts";
import { useWindow } from "./windowState";

const MOST_SHOWN = 20;
const WORDS = { import: "Import", export: "Export", prelabel: "Pre-label", sync: "Sync", index: "Index", embed: "Embed", dedupe: "Find duplicates", map: "Make the map", offline: "Take offline" } as const;

/** Absent while there has been no job. */
export function JobIndicator() {
  const backend = useBackend();
  const { data: jobs = [] } = useJobs();
  const showsJobs = useWindow((state) => state.showsJobs);
  const place = useRef<HTMLDivElement>(null);
  const setShown = (shown: boolean) => useWindow.setState({ showsJobs: shown });

  useEffect(() => {
    if (!showsJobs) return;
    const close = (event: PointerEvent | KeyboardEvent) => {
      const isOutside = event instanceof KeyboardEvent ? event.key === "Escape" : event.target instanceof Node && place.current?.contains(event.target) !== true;
      if (isOutside) useWindow.setState({ showsJobs: false });
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, [showsJobs]);

  if (jobs.length === 0) return null;
  const active = jobs.filter(isActive);
  const first = active.find((job) => job.state === "running") ?? active[0];
  const fraction = first === undefined ? undefined : fractionOf(first);
  const label = first === undefined ? "Jobs" : `${first.title}${active.length > 1 ? `, and ${active.length - 1} more` : ""}`;
  return (
    <div className="jobs-place" ref={place}>
      <button type="button" className={first === undefined ? "icon-btn" : "job-meter"} aria-expanded={showsJobs} aria-label={label} data-tip={label} data-testid="job-indicator" onClick={() => setShown(!showsJobs)}>
        <ListChecks size={16} aria-hidden="true" />
        {first === undefined ? null : (
          <>
            <span className="only-wide nowrap">
              {WORDS[first.kind]}
              {fraction === undefined ? "" : ` ${Math.floor(fraction * 100)} %`}
            </span>
            <span className="job-meter-bar">
              <ProgressBar fraction={fraction} label={first.title} />
            </span>
          </>
        )}
      </button>
      {showsJobs ? (
        <div className="pop jobs-list" role="dialog" aria-label="Jobs">
          {jobs.slice(0, MOST_SHOWN).map((job) => (
            <div key={job.jobId} className="jobs-item" data-testid="job" data-state={job.state} data-kind={job.kind}>
              <JobCard job={job} onCancel={() => void backend.cancelJob(job.jobId).catch((reason: unknown) => toast(messageOf(reason), { kind: "bad" }))} />
              {job.state === "done" && job.result !== null ? <p className="t3 small-text mono selectable">{job.result}</p> : null}
            </div>
          ))}
        </div>
      ) : null}
    </div>
  );
}
