/** What the views read from the application, kept fresh by its events. */
import { useMutation, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { Backend } from "./backend";
import { useBackend } from "./context";
import type { JobDto, ProjectDto, Settings } from "./types";

/** Keys of the cache. */
export const cacheKeys = {
  start: ["start"] as const,
  project: ["project"] as const,
  settings: ["settings"] as const,
  models: ["models"] as const,
  connections: ["connections"] as const,
  keptAside: (serviceId: string) => ["connections", serviceId, "aside"] as const,
  offline: ["offline"] as const,
  cache: ["offline", "cache"] as const,
  jobs: ["jobs"] as const,
  capture: (captureId: string) => ["capture", captureId] as const,
  page: (searchId: number, page: number) => ["page", searchId, page] as const,
  pages: ["page"] as const,
  facets: (searchId: number) => ["facets", searchId] as const,
  facetValues: (searchId: number, field: string, prefix: string) => ["facets", searchId, field, prefix] as const,
  leastSure: (searchId: number) => ["histogram", searchId, "least sure"] as const,
  histogramFields: (searchId: number) => ["histogram", searchId, "fields"] as const,
  histogram: (searchId: number, field: string, bins: number) => ["histogram", searchId, "of", field, bins] as const,
  slices: ["slices"] as const,
  picks: ["picks"] as const,
  userFields: ["userFields"] as const,
  newMatches: (searchId: number) => ["newMatches", searchId] as const,
};

/** Everything needed for the first picture. */
export function useStart() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.start, queryFn: () => backend.startState() });
}

/** The project with its classes. */
export function useProject() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.project, queryFn: () => backend.project() });
}

/** The person's settings; not asked for while there is no person. */
export function useSettings(enabled = true) {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.settings, queryFn: () => backend.settings(), enabled });
}

/** Saves settings at once; the view shows them before the answer and takes them back if saving fails. */
export function useSaveSettings() {
  const backend = useBackend();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (settings: Settings) => backend.saveSettings(settings),
    onMutate: (settings) => {
      const before = client.getQueryData<Settings>(cacheKeys.settings);
      client.setQueryData(cacheKeys.settings, settings);
      return { before };
    },
    onError: (_error, _settings, context) => client.setQueryData(cacheKeys.settings, context?.before),
    onSuccess: (settings) => client.setQueryData(cacheKeys.settings, settings),
  });
}

/** Saves the classes and shows the new schema. */
export function useSaveClasses() {
  const backend = useBackend();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: Parameters<Backend["saveClasses"]>[0]) => backend.saveClasses(request),
    onSuccess: (project: ProjectDto) => {
      client.setQueryData(cacheKeys.project, project);
      void client.invalidateQueries({ queryKey: cacheKeys.pages });
    },
    onError: () => void client.invalidateQueries({ queryKey: cacheKeys.project }),
  });
}

/** The models that Muster knows. */
export function useModels() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.models, queryFn: () => backend.models() });
}

/** The services that this library follows. */
export function useConnections() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.connections, queryFn: () => backend.connections() });
}

/** Records of a service that this version cannot read; asked for when somebody looks. */
export function useKeptAside(serviceId: string, enabled: boolean) {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.keptAside(serviceId), queryFn: () => backend.keptAside(serviceId, 100), enabled });
}

/** What is kept on this computer; while something is on its way it is asked for again and again. */
export function useOffline() {
  const backend = useBackend();
  return useQuery({
    queryKey: cacheKeys.offline,
    queryFn: () => backend.offline(),
    refetchInterval: (query) => (query.state.data?.some((set) => set.jobId !== null) === true ? 1000 : false),
  });
}

/** How full the cache of originals is. */
export function useCacheState() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.cache, queryFn: () => backend.cacheState() });
}

/** All jobs, newest first. */
export function useJobs() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.jobs, queryFn: () => backend.jobs() });
}

/** Puts the newest state of a job into the cache. */
export function rememberJob(client: QueryClient, job: JobDto): void {
  client.setQueryData<JobDto[]>(cacheKeys.jobs, (jobs = []) => {
    const isKnown = jobs.some((other) => other.jobId === job.jobId);
    return isKnown ? jobs.map((other) => (other.jobId === job.jobId ? job : other)) : [job, ...jobs];
  });
}

/** The saved queries with their present counts. */
export function useSlices() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.slices, queryFn: () => backend.slices() });
}

/** The frozen lists of captures. */
export function usePicks() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.picks, queryFn: () => backend.picks() });
}

/** The fields that people defined. */
export function useUserFields() {
  const backend = useBackend();
  return useQuery({ queryKey: cacheKeys.userFields, queryFn: () => backend.userFields() });
}

/** One job by id, or undefined while it is unknown. */
export function useJob(jobId: string | undefined): JobDto | undefined {
  const { data: jobs } = useJobs();
  return jobs?.find((job) => job.jobId === jobId);
}

/** Everything about one capture. */
export function useCapture(captureId: string | undefined) {
  const backend = useBackend();
  return useQuery({
    queryKey: cacheKeys.capture(captureId ?? ""),
    queryFn: () => backend.capture(captureId ?? ""),
    enabled: captureId !== undefined,
  });
}

/** Changes come in bursts while a sync runs; the views are refreshed at most this often. */
const REFRESH_MS = 400;

/** Keeps the cache fresh from the application's events. Call once. */
export function useLiveCache(): void {
  const backend = useBackend();
  const client = useQueryClient();
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stale = new Set<string>();
    let isManyStale = false;
    // Captures that merely arrive are in no result on screen: only counts change.
    let isArrivalOnly = true;
    const refresh = () => {
      timer = undefined;
      const counts = [cacheKeys.start, cacheKeys.project, ["newMatches"], cacheKeys.slices];
      const contents = isArrivalOnly ? [] : [cacheKeys.pages, ["facets"], ["histogram"]];
      for (const key of [...counts, ...contents]) void client.invalidateQueries({ queryKey: key });
      isArrivalOnly = true;
      if (isManyStale) void client.invalidateQueries({ queryKey: ["capture"] });
      else for (const captureId of stale) void client.invalidateQueries({ queryKey: cacheKeys.capture(captureId) });
      stale.clear();
      isManyStale = false;
    };
    const stops = [
      backend.onJob((job) => {
        rememberJob(client, job);
        if (job.state === "queued" || job.state === "running" || job.kind === "export") return;
        isArrivalOnly = false;
        timer ??= setTimeout(refresh, REFRESH_MS);
      }),
      backend.onConnection(() => void client.invalidateQueries({ queryKey: cacheKeys.connections })),
      backend.onLibraryChanged((change) => {
        if (change.captureIds.length === 0) isManyStale = true;
        if (change.captureIds.length !== change.newCaptures) isArrivalOnly = false;
        for (const captureId of change.captureIds) stale.add(captureId);
        timer ??= setTimeout(refresh, REFRESH_MS);
      }),
    ];
    return () => {
      clearTimeout(timer);
      for (const stop of stops) stop();
    };
  }, [backend, client]);
}
