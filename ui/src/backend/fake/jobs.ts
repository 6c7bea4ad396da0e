/** Jobs of the fake backend: they run on a timer and can be cancelled. */
import type { JobDto, JobKind } from "../types";

/** What a made-up job does. */
export interface FakeWork {
  readonly kind: JobKind;
  readonly title: string;
  readonly total: number;
  readonly result: string | null;
  /** Runs once when all is done. */
  readonly finish: () => void;
}

/** Runs jobs and tells of each step. */
export class FakeJobs {
  private readonly byId = new Map<string, JobDto>();
  private nextId = 1;

  constructor(
    private readonly stepMs: number,
    private readonly tell: (job: JobDto) => void,
  ) {}

  list(): JobDto[] {
    return [...this.byId.values()].reverse();
  }

  start(work: FakeWork): JobDto {
    const jobId = `job-${this.nextId++}`;
    const job: JobDto = { jobId, kind: work.kind, title: work.title, state: "running", done: 0, total: work.total, failed: 0, ratePerS: null, message: null, failures: [], result: null };
    this.byId.set(jobId, job);
    const step = Math.max(1, Math.ceil(work.total / 12));
    const timer = setInterval(() => {
      const last = this.byId.get(jobId);
      if (last === undefined || last.state !== "running") {
        clearInterval(timer);
        return;
      }
      const done = Math.min(work.total, last.done + step);
      const finished = done >= work.total;
      if (finished) work.finish();
      this.put({ ...last, done, ratePerS: 38, state: finished ? "done" : "running", result: finished ? work.result : null });
      if (finished) clearInterval(timer);
    }, this.stepMs);
    return job;
  }

  cancel(jobId: string): void {
    const job = this.byId.get(jobId);
    if (job?.state === "running") this.put({ ...job, state: "cancelled", message: "What was done is kept." });
  }

  private put(job: JobDto): void {
    this.byId.set(job.jobId, job);
    this.tell(job);
  }
}
