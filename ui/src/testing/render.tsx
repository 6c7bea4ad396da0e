/** Mounts the whole window, or one view, over the fake backend. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import type { ReactNode } from "react";
import { App } from "../app/App";
import { allKeys } from "../app/keys";
import { BackendProvider } from "../backend/context";
import { FakeBackend, type FakeOptions } from "../backend/fake/fake";
import { resetLibrary } from "../features/library";
import { useToasts } from "../shared/components/toasts";
import { KeymapProvider } from "../shared/keys/KeymapProvider";

/** jsdom lays nothing out: the grid is told a size. */
export function giveElementsASize(widthPx = 900, heightPx = 700): void {
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { configurable: true, get: () => widthPx });
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { configurable: true, get: () => heightPx });
}

/** The whole window. */
export function renderApp(options: FakeOptions = {}): FakeBackend {
  giveElementsASize();
  resetLibrary();
  useToasts.setState({ toasts: [] });
  const backend = new FakeBackend({ stepMs: 1, ...options });
  render(<App backend={backend} />);
  return backend;
}

/** One view with what it needs around it. */
export function renderView(view: ReactNode, options: FakeOptions = {}): FakeBackend {
  giveElementsASize();
  resetLibrary();
  useToasts.setState({ toasts: [] });
  const backend = new FakeBackend({ stepMs: 1, ...options });
  const client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  render(
    <QueryClientProvider client={client}>
      <BackendProvider backend={backend}>
        <KeymapProvider actions={allKeys} overrides={{}}>
          {view}
        </KeymapProvider>
      </BackendProvider>
    </QueryClientProvider>,
  );
  return backend;
}
