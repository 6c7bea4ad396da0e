/** A long job: how far, how fast, what failed, and a way to stop it. */
import { ChevronDown, ChevronRight, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { formatCount, formatSeconds } from "../format";
import { Button } from "./Button";
import { ProgressBar } from "./small";
import "./job.css";

/** What is shown of a job. */
export interface JobProgress {
  readonly title: string;
  readonly state: "queued" | "running" | "done" | "failed" | "cancelled";
  readonly done: number;
  readonly total: number | null;
  readonly failed: number;
  readonly ratePerS: number | null;
  readonly message: string | null;
  readonly failures: readonly { readonly subject: string; readonly message: string }[];
}

/** From 0 to 1, or undefined while the end is unknown. */
export function fractionOf(job: JobProgress): number | undefined {
  if (job.state === "done") return 1;
  return job.total === null || job.total === 0 ? undefined : job.done / job.total;
}

/** Whether it still goes on. */
export function isActive(job: JobProgress): boolean {
  return job.state === "queued" || job.state === "running";
}

function paceOf(job: JobProgress): string | undefined {
  if (job.state === "queued") return "waiting";
  if (job.state === "cancelled") return "cancelled, what was done is kept";
  if (job.state === "failed") return "failed";
  if (job.state === "done" || job.ratePerS === null || job.ratePerS <= 0) return undefined;
  const rate = job.ratePerS >= 10 ? formatCount(job.ratePerS) : job.ratePerS.toFixed(1);
  const left = job.total === null ? undefined : (job.total - job.done) / job.ratePerS;
  return left === undefined ? `${rate} a second` : `${rate} a second, about ${formatSeconds(left)} left`;
}

/** The card. */
export function JobCard({ job, onCancel }: { readonly job: JobProgress; readonly onCancel: (() => void) | undefined }) {
  const [isOpen, setIsOpen] = useState(false);
  const pace = paceOf(job);
  return (
    <div className="job-card">
      <div className="row">
        <b className="med grow ell" data-tip={job.title.length > 48 ? job.title : undefined}>
          {job.title}
        </b>
        {isActive(job) && onCancel !== undefined ? (
          <Button size="small" onClick={onCancel} tip="What is done is kept">
            Cancel
          </Button>
        ) : null}
      </div>
      <ProgressBar fraction={fractionOf(job)} label={job.title} />
      <div className="row job-facts">
        <span>
          {formatCount(job.done)}
          {job.total === null ? "" : ` of ${formatCount(job.total)}`} done
        </span>
        {job.failed > 0 ? (
          <span className="warn row job-failed">
            <TriangleAlert size={12} aria-hidden="true" />
            {formatCount(job.failed)} failed
          </span>
        ) : null}
        <span className="grow" />
        {pace === undefined ? null : <span>{pace}</span>}
      </div>
      {job.message === null ? null : <p className={job.state === "failed" ? "danger small-text selectable" : "t3 small-text selectable"}>{job.message}</p>}
      {job.failures.length === 0 ? null : (
        <>
          <button type="button" className="job-fold" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
            {isOpen ? <ChevronDown size={12} /> : <ChevronRight size={12} />}
            What failed
          </button>
          {isOpen ? (
            <ul className="job-failures selectable">
              {job.failures.map((failure, index) => (
                <li key={index}>
                  <span className="mono">{failure.subject}</span> {failure.message}
                </li>
              ))}
            </ul>
          ) : null}
        </>
      )}
    </div>
  );
}
