/** The fake backend in a browser. The address says what to show: `?first`, `?captures=2000`, `?theme=light`, `?arrivals`. */
import type { Theme } from "../types";
import { FakeBackend } from "./fake";
import type { DevPhoto } from "./world";

async function photos(): Promise<DevPhoto[]> {
  const response = await fetch("/dev-media/index.json");
  return response.ok ? ((await response.json()) as DevPhoto[]) : [];
}

/** A backend with the photos of the development server, where it has them. */
export async function browserBackend(): Promise<FakeBackend> {
  const asked = new URLSearchParams(location.search);
  return new FakeBackend({
    captures: Number(asked.get("captures") ?? 300),
    firstStart: asked.has("first"),
    photos: asked.has("drawn") ? [] : await photos(),
    arrivalMs: asked.has("arrivals") ? 4000 : 0,
    theme: (asked.get("theme") ?? "dark") as Theme,
  });
}
