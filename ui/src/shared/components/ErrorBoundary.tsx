/** Catches a failure while drawing a view, so that the rest of the window stays usable. */
import { Component, type ReactNode } from "react";
import { Button } from "./Button";
import { ErrorPanel } from "./ErrorPanel";

interface Props {
  /** Names the part that failed, such as "The library view". */
  readonly part: string;
  readonly children: ReactNode;
}

interface State {
  readonly error: Error | null;
}

/** Shows what failed, with a button that tries again. */
export class ErrorBoundary extends Component<Props, State> {
  override state: State = { error: null };

  static getDerivedStateFromError(error: unknown): State {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <div style={{ padding: 24, maxWidth: 640 }}>
        <ErrorPanel
          notice={{
            fact: `${this.props.part} could not be drawn`,
            remedy: "Nothing that was saved is lost. Try again; if it fails again, go to another view and report the technical part.",
            technical: error.stack ?? error.message,
          }}
          actions={
            <Button variant="primary" onClick={() => this.setState({ error: null })}>
              Try again
            </Button>
          }
        />
      </div>
    );
  }
}
