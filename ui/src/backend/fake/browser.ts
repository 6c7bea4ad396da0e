/** The fake backend in a browser. The address says what to show: `?first`, `?captures=2000`, `?theme=light`, `?arrivals`, `?long`. */
import type { Theme } from "../types";
import { FakeBackend } from "./fake";
import type { DevPhoto } from "./world";

async function photos(): Promise<DevPhoto[]> {
  const response = await fetch("/dev-media/index.json");
  return response.ok ? ((await response.json()) as DevPhoto[]) : [];
}

/** Names as long as people make them. */
function lengthen(backend: FakeBackend): void {
  backend.captures.forEach(({ detail }, index) => {
    detail.device = `loading-dock-camera-north-west-second-floor-${index % 3}`;
    detail.site = "distribution-centre-rotterdam-maasvlakte-hall-12";
    detail.sourcePath = "imports/2026/november/warehouse recordings/from the second backup disk/IMG_20261120_140631_0204.jpg";
    detail.tags = ["needs a second look by the night shift", "blurred", "reviewed-by-quality-team", "night"];
    for (const annotation of detail.annotations) annotation.modelClass = `${annotation.modelClass ?? ""} standing next to a reach truck with raised forks`;
  });
}

/** A backend with the photos of the development server, where it has them. */
export async function browserBackend(): Promise<FakeBackend> {
  const asked = new URLSearchParams(location.search);
  const backend = new FakeBackend({
    captures: Number(asked.get("captures") ?? 300),
    firstStart: asked.has("first"),
    photos: asked.has("drawn") ? [] : await photos(),
    arrivalMs: asked.has("arrivals") ? 4000 : 0,
    videos: true,
    theme: (asked.get("theme") ?? "dark") as Theme,
  });
  if (asked.has("long")) lengthen(backend);
  return backend;
}
