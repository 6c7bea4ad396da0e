/** Annotations as a result of their own: each is shown by what is inside its bounds. */
import type { AnnotationDto, Decision, Origin, SearchResult, SortSpec } from "./types";

/** One annotation of a result. */
export interface CropItem {
  index: number;
  annotationId: string;
  captureId: string;
  asset: string;
  x: number;
  y: number;
  width: number;
  height: number;
  kind: AnnotationDto["kind"];
  classId: string | null;
  /** The name that a model or a file gave it and that no class answers to. */
  unmappedClass: string | null;
  confidence: number | null;
  decision: Decision;
  origin: Origin;
  version: number;
  pictureWidthPx: number;
  pictureHeightPx: number;
  text: string | null;
}

/** The calls of the crops. */
export interface CropCalls {
  /** Annotations that meet the query's tests of annotations; all of the matching captures when it has none. */
  searchAnnotations(query: string, sort: SortSpec): Promise<SearchResult>;
  /** At most 500 items. */
  annotationPage(searchId: number, offset: number, limit: number): Promise<CropItem[]>;
}
