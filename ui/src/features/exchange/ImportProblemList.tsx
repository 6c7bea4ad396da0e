/** Every file that an import could not use, a page at a time. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useBackend } from "../../backend/context";
import { Button } from "../../shared/components/Button";
import { formatCount } from "../../shared/format";

const PAGE = 100;

/** The list; nothing when all files were of use. */
export function ImportProblemList({ jobId }: { readonly jobId: string }) {
  const backend = useBackend();
  const { data, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ["import-problems", jobId],
    queryFn: ({ pageParam }) => backend.importProblems(jobId, pageParam, PAGE),
    initialPageParam: 0,
    getNextPageParam: (last, pages) => {
      const shown = pages.reduce((sum, page) => sum + page.problems.length, 0);
      return last.problems.length === 0 || shown >= last.total ? undefined : shown;
    },
  });
  const total = data?.pages[0]?.total ?? 0;
  if (data === undefined || total === 0) return null;
  return (
    <div className="import-missing">
      <b className="warn">{formatCount(total)} could not be read</b>
      <ul className="import-all-problems selectable" data-testid="import-all-problems" tabIndex={0} aria-label="Files that could not be read">
        {data.pages.flatMap((page) =>
          page.problems.map((problem) => (
            <li key={problem.path}>
              <span className="mono">{problem.path}</span> <span className="t3">{problem.reason}</span>
            </li>
          )),
        )}
      </ul>
      {hasNextPage ? (
        <Button size="small" variant="quiet" disabled={isFetching} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      ) : null}
    </div>
  );
}
