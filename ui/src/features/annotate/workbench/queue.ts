/** The captures to work through: one search, frozen when the work began, so that deciding does not change it. */
import type { Backend, Sort } from "../../../backend/backend";

/** What to work on. */
export interface QueueRequest {
  readonly query: string;
  readonly sort: Sort;
  /** Where to begin; null is the first capture. */
  readonly captureId: string | null;
}

type QueueBackend = Pick<Backend, "search" | "indexOf" | "resolveSelection">;

export class Queue {
  private constructor(
    private readonly backend: QueueBackend,
    private readonly searchId: number,
    readonly total: number,
    readonly query: string,
    readonly sort: Sort,
  ) {}

  static async open(backend: QueueBackend, query: string, sort: Sort): Promise<Queue> {
    const result = await backend.search(query, sort);
    return new Queue(backend, result.searchId, result.total, query, sort);
  }

  indexOf(captureId: string): Promise<number | null> {
    return this.backend.indexOf(this.searchId, captureId);
  }

  /** The capture at a place. */
  async at(index: number): Promise<string | undefined> {
    const [captureId] = await this.backend.resolveSelection(this.searchId, [index]);
    return captureId;
  }

  /** The captures around a place, in the order in which they will be wanted: forward before backward. */
  async around(index: number, radius: number): Promise<string[]> {
    const steps = Array.from({ length: radius }, (_, at) => at + 1);
    const order = [1, ...(radius > 0 ? [-1] : []), ...steps.slice(1), ...steps.slice(1).map((step) => -step)];
    const places = order.map((step) => index + step).filter((place) => place >= 0 && place < this.total);
    return places.length === 0 ? [] : this.backend.resolveSelection(this.searchId, places);
  }
}
