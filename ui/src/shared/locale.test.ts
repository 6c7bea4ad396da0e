import { expect, it, vi } from "vitest";

it.each([
  ["C", "en-US"],
  ["de-DE", "de-DE"],
])("a window whose language is %s counts in %s", async (language, expected) => {
  Object.defineProperty(navigator, "language", { configurable: true, get: () => language });
  vi.resetModules();
  await import("./locale");
  expect(navigator.language).toBe(expected);
  expect(() => new Intl.NumberFormat(navigator.language)).not.toThrow();
});
