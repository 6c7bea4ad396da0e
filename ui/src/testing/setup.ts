/** What jsdom lacks and every test of a view needs. */
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

class InertResizeObserver implements ResizeObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

if (!("ResizeObserver" in globalThis)) Object.assign(globalThis, { ResizeObserver: InertResizeObserver });
if (typeof window.matchMedia !== "function") {
  Object.defineProperty(window, "matchMedia", {
    value: (query: string) => ({ matches: false, media: query, addEventListener: () => {}, removeEventListener: () => {} }),
  });
}
if (!("scrollIntoView" in Element.prototype)) {
  Object.defineProperty(Element.prototype, "scrollIntoView", { value: () => {} });
}
// jsdom draws nothing and complains when asked to.
Object.defineProperty(HTMLCanvasElement.prototype, "getContext", { configurable: true, writable: true, value: () => null });

configure({ asyncUtilTimeout: 8000 });

afterEach(cleanup);
