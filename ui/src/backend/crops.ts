/** Annotations as a result of their own: each is shown by what is inside its bounds. */
import type { CropItem, SearchResult, SortSpec } from "./types";

/** The calls of the crops. */
export interface CropCalls {
  /** Annotations that meet the query's tests of annotations; all of the matching captures when it has none. */
  searchAnnotations(query: string, sort: SortSpec): Promise<SearchResult>;
  /** At most 500 items. */
  annotationPage(searchId: number, offset: number, limit: number): Promise<CropItem[]>;
}
