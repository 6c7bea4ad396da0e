/**
 * Development only: serves the test photos (environment variable MUSTER_TEST_DATA, else ../shared/data beside the
 * repository) with their boxes, so that the views can be looked at in a browser with real pictures.
 */
import fs from "node:fs";
import path from "node:path";
import type { Plugin } from "vite";

interface DevPhoto {
  path: string;
  width: number;
  height: number;
  boxes: { name: string; x: number; y: number; width: number; height: number }[];
}

const COCO_NAMES = (
  "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe," +
  "backpack,umbrella,handbag,tie,suitcase,frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,knife,spoon,bowl," +
  "banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink," +
  "refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
).split(",");

function jpegSize(file: string): { width: number; height: number } | undefined {
  const bytes = fs.readFileSync(file);
  for (let at = 2; at + 9 < bytes.length; ) {
    const marker = bytes[at + 1] ?? 0;
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      return { height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    }
    at += 2 + bytes.readUInt16BE(at + 2);
  }
  return undefined;
}

function street(root: string): DevPhoto[] {
  const folder = path.join(root, "photos/street128");
  return fs.readdirSync(path.join(folder, "images")).flatMap((name) => {
    const size = jpegSize(path.join(folder, "images", name));
    const labels = path.join(folder, "labels-detect", name.replace(/\.jpg$/, ".txt"));
    if (size === undefined) return [];
    const lines = fs.existsSync(labels) ? fs.readFileSync(labels, "utf8").trim().split("\n") : [];
    const boxes = lines.flatMap((line) => {
      const [kind = 0, cx = 0, cy = 0, w = 0, h = 0] = line.split(" ").map(Number);
      const box = { x: (cx - w / 2) * size.width, y: (cy - h / 2) * size.height, width: w * size.width, height: h * size.height };
      return w > 0 ? [{ name: COCO_NAMES[kind] ?? String(kind), ...box }] : [];
    });
    return [{ path: `photos/street128/images/${name}`, ...size, boxes }];
  });
}

function cards(root: string): DevPhoto[] {
  const folder = path.join(root, "photos/playing_cards_voc/images");
  const photos = new Map<string, DevPhoto>();
  for (const line of fs.readFileSync(path.join(folder, "train_labels.csv"), "utf8").trim().split("\n").slice(1, 400)) {
    const [file = "", width, height, name = "", x1, y1, x2, y2] = line.trim().split(",");
    const photo = photos.get(file) ?? { path: `photos/playing_cards_voc/images/train/${file}`, width: Number(width), height: Number(height), boxes: [] };
    photo.boxes.push({ name, x: Number(x1), y: Number(y1), width: Number(x2) - Number(x1), height: Number(y2) - Number(y1) });
    photos.set(file, photo);
  }
  return [...photos.values()].filter((photo) => fs.existsSync(path.join(root, photo.path)));
}

/** The plugin. Without the test data it serves nothing and the views draw generated pictures. */
export function devMedia(): Plugin {
  const root = path.resolve(process.env["MUSTER_TEST_DATA"] ?? path.join(import.meta.dirname, "../../shared/data"));
  return {
    name: "muster-dev-media",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use("/dev-media/", (request, response) => {
        const wanted = decodeURIComponent((request.url ?? "").replace(/^\/|\?.*$/g, ""));
        const file = path.resolve(root, wanted);
        if (wanted === "index.json") {
          const found = fs.existsSync(path.join(root, "photos")) ? [...street(root), ...cards(root)] : [];
          response.setHeader("content-type", "application/json");
          response.end(JSON.stringify(found));
        } else if (file.startsWith(root + path.sep) && fs.existsSync(file)) {
          response.setHeader("content-type", "image/jpeg");
          response.setHeader("cache-control", "max-age=3600");
          fs.createReadStream(file).pipe(response);
        } else {
          response.statusCode = 404;
          response.end();
        }
      });
    },
  };
}
