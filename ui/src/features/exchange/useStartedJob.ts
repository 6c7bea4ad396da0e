/** A dialog that starts one job: asks, runs, and follows it. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { JobDto } from "../../backend/backend";
import { useBackend } from "../../backend/context";
import { messageOf, noticeOf } from "../../backend/errors";
import { rememberJob, useJob } from "../../backend/queries";
import type { ErrorNotice } from "../../shared/components/ErrorPanel";
import { toast } from "../../shared/components/toasts";

/** The job of a dialog. */
export interface StartedJob {
  readonly job: JobDto | undefined;
  readonly notice: ErrorNotice | undefined;
  readonly isStarting: boolean;
  readonly start: (run: () => Promise<JobDto>) => void;
  readonly cancel: () => void;
}

/** At first without a job. */
export function useStartedJob(): StartedJob {
  const backend = useBackend();
  const client = useQueryClient();
  const [first, setFirst] = useState<JobDto | undefined>(undefined);
  const [notice, setNotice] = useState<ErrorNotice | undefined>(undefined);
  const [isStarting, setIsStarting] = useState(false);
  const job = useJob(first?.jobId) ?? first;
  return {
    job,
    notice,
    isStarting,
    start: (run) => {
      setNotice(undefined);
      setIsStarting(true);
      run()
        .then(
          (started) => {
            rememberJob(client, started);
            setFirst(started);
          },
          (reason: unknown) => setNotice(noticeOf(reason)),
        )
        .finally(() => setIsStarting(false));
    },
    cancel: () => {
      if (job !== undefined) backend.cancelJob(job.jobId).catch((reason: unknown) => toast(messageOf(reason), { kind: "bad" }));
    },
  };
}
