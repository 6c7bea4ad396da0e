/** Work time on one capture, as a raw span: what is idle and what is pace is computed later, by others. */
import type { WorkDto } from "../../../backend/backend";

export class WorkSpan {
  private readonly startedAtMicros: number;
  private inputEvents = 0;

  /** `nowMicros` is the clock. */
  constructor(
    private readonly nowMicros: () => number,
    private readonly proposalsShown: number,
  ) {
    this.startedAtMicros = nowMicros();
  }

  /** A key press or a press of the pointer. */
  countInput(): void {
    this.inputEvents += 1;
  }

  end(): WorkDto {
    return {
      startedAtMicros: this.startedAtMicros,
      endedAtMicros: this.nowMicros(),
      inputEvents: this.inputEvents,
      proposalsShown: this.proposalsShown,
    };
  }
}
