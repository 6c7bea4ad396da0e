/** The captures to work through: one search, frozen when the work began, so that deciding does not change it. */
import type { Backend } from "../../../backend/backend";
import type { ResultOrder } from "../../../backend/order";

/** What to work on. */
export interface QueueRequest {
  readonly query: string;
  readonly order: ResultOrder;
  /** Where to begin; null is the first capture. */
  readonly captureId: string | null;
}

/** A queue whose query was run again. */
export interface QueueAgain {
  readonly queue: Queue;
  /** The place of the open capture; null when the query does not match it any more. */
  readonly here: number | null;
  /** The place to go to; it may lie beyond an end. */
  readonly to: number;
}

/** So many captures are looked for in a queue that lacks the open one. */
const NEIGHBOURS_TRIED = 20;

type QueueBackend = Pick<Backend, "search" | "indexOf" | "resolveSelection">;

export class Queue {
  /** The captures whose places were asked for, by place. */
  private readonly known = new Map<number, string>();

  private constructor(
    private readonly backend: QueueBackend,
    private readonly searchId: number,
    readonly total: number,
    readonly query: string,
    readonly order: ResultOrder,
  ) {}

  static async open(backend: QueueBackend, query: string, order: ResultOrder): Promise<Queue> {
    const result = await backend.search(query, order.sort, order.group);
    return new Queue(backend, result.searchId, result.total, query, order);
  }

  indexOf(captureId: string): Promise<number | null> {
    return this.backend.indexOf(this.searchId, captureId);
  }

  /** The capture at a place. */
  async at(index: number): Promise<string | undefined> {
    const [captureId] = await this.resolve([index]);
    return captureId;
  }

  /** The captures around a place, in the order in which they will be wanted: forward before backward. */
  async around(index: number, radius: number): Promise<string[]> {
    const steps = Array.from({ length: radius }, (_, at) => at + 1);
    const order = [1, ...(radius > 0 ? [-1] : []), ...steps.slice(1), ...steps.slice(1).map((step) => -step)];
    const places = order.map((step) => index + step).filter((place) => place >= 0 && place < this.total);
    return places.length === 0 ? [] : this.resolve(places);
  }

  /**
   * Runs the query again: the application keeps only the last few searches, and this one may be gone. A step that
   * leads from one place of this queue to another is followed in the new one, starting from the open capture.
   */
  async again(open: string, from: number | null, to: number): Promise<QueueAgain> {
    const queue = await Queue.open(this.backend, this.query, this.order);
    const here = await queue.indexOf(open);
    if (here !== null || from === null) return { queue, here, to: (here ?? -1) + to - (from ?? -1) };
    // What was decided took the open capture out of the query: go on with the nearest one that still matches.
    const step = to < from ? -1 : 1;
    for (let tried = 0; tried < NEIGHBOURS_TRIED; tried++) {
      const neighbour = this.known.get(to + tried * step);
      const place = neighbour === undefined ? null : await queue.indexOf(neighbour);
      if (place !== null) return { queue, here, to: place };
    }
    return { queue, here, to: step > 0 ? 0 : -1 };
  }

  private async resolve(places: number[]): Promise<string[]> {
    const captureIds = await this.backend.resolveSelection(this.searchId, places);
    // A capture that was erased is left out, and then it cannot be told which of them it was.
    if (captureIds.length === places.length) places.forEach((place, at) => this.known.set(place, captureIds[at] ?? ""));
    return captureIds;
  }
}
