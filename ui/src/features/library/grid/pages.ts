/** Fetches the pages of a result that are in sight. */
import { useQueries } from "@tanstack/react-query";
import { useCallback } from "react";
import type { GridItem } from "../../../backend/backend";
import { useBackend } from "../../../backend/context";
import { cacheKeys } from "../../../backend/queries";

const PAGE_SIZE = 100;

/**
 * The items from `first` to `end` (exclusive); undefined where a page has not arrived. Pages are not fetched while
 * `isFetching` is false: those in sight now will be gone when they arrive.
 */
export function useItems(searchId: number | undefined, first: number, end: number, isFetching = true): (index: number) => GridItem | undefined {
  const backend = useBackend();
  const firstPage = Math.floor(first / PAGE_SIZE);
  const pageCount = searchId === undefined || end <= first ? 0 : Math.floor((end - 1) / PAGE_SIZE) - firstPage + 1;
  const pages = useQueries({
    queries: Array.from({ length: pageCount }, (_, step) => ({
      queryKey: cacheKeys.page(searchId ?? -1, firstPage + step),
      queryFn: () => backend.gridPage(searchId ?? -1, (firstPage + step) * PAGE_SIZE, PAGE_SIZE),
      staleTime: Infinity,
      gcTime: 20_000,
      enabled: isFetching,
    })),
    combine: useCallback((results: readonly { readonly data: GridItem[] | undefined }[]) => results.map((result) => result.data), []),
  });
  return useCallback((index: number) => pages[Math.floor(index / PAGE_SIZE) - firstPage]?.[index % PAGE_SIZE], [pages, firstPage]);
}
