"""FiftyOne on the same set and queries: `build SET`, then, in a fresh process, `ask QUERIES`.

FIFTYONE_DATABASE_DIR says where its MongoDB keeps the data. Paths are made up: no file is opened.
"""

import os
import sys
import time

os.environ.setdefault("FIFTYONE_DATABASE_VALIDATION", "false")
os.environ.setdefault("FIFTYONE_DO_NOT_TRACK", "true")

started = time.perf_counter()
import fiftyone as fo
from fiftyone import ViewField as F

import measured

NAME = "set"


def sample(capture):
    width, height = capture["width_px"], capture["height_px"]
    detections = []
    for shape in capture["boxes"]:
        x, y, w, h = shape["box"]
        detection = fo.Detection(
            label=shape["class"], confidence=shape["conf"], bounding_box=[x / width, y / height, w / width, h / height]
        )
        if shape["text"] is not None:
            detection["text"] = shape["text"]
        detections.append(detection)
    return fo.Sample(
        filepath="/set/" + capture["path"].replace(".mp4", ".jpg"),
        metadata=fo.ImageMetadata(width=width, height=height),
        captured=capture["captured"],
        site=capture["site"],
        device=capture["device"],
        trigger=capture["trigger"],
        motion=capture["motion"],
        weight_kg=capture["weight_kg"],
        boxes=fo.Detections(detections=detections),
    )


def build(path):
    cpu, start = measured.cpu_s(), time.perf_counter()
    if fo.dataset_exists(NAME):
        fo.delete_dataset(NAME)
    dataset = fo.Dataset(NAME, persistent=True)
    count = 0
    for batch in measured.batches(measured.captures(path), 1_000):
        dataset.add_samples([sample(capture) for capture in batch], progress=False)
        count += len(batch)
    for field in ["captured", "site", "device", "trigger", "motion", "boxes.detections.label"]:
        dataset.create_index(field)
    seconds = time.perf_counter() - start
    print(f"fiftyone {fo.__version__}: built {count} in {seconds:.1f} s, {count / seconds:.0f}/s, {measured.cpu_s() - cpu:.1f} CPU seconds without its server")


def view(dataset, query):
    found = dataset
    capture = query.get("capture", {})
    for field in ["site", "device", "trigger"]:
        if field in capture:
            found = found.match(F(field) == capture[field])
    if "captured" in capture:
        least, most = capture["captured"]
        found = found.match((F("captured") >= least) & (F("captured") < most))
    for field in ["motion", "weight_kg"]:
        if field in capture:
            least, most = capture[field]
            found = found.match((F(field) >= least) & (F(field) <= most))
    for wanted in query.get("annotations", []):
        found = found.match(F("boxes.detections").filter(binding(wanted)).length() > 0)
    for unwanted in query.get("without", []):
        found = found.match(F("boxes.detections").filter(binding(unwanted)).length() == 0)
    return found


def binding(wanted):
    """All of it holds for one and the same box."""
    tests = []
    if "class" in wanted:
        tests.append(F("label") == wanted["class"])
    if "conf" in wanted:
        least, most = wanted["conf"]
        tests.append((F("confidence") >= least) & (F("confidence") <= most))
    if "text" in wanted:
        tests.append(F("text").re_match(rf"\b{wanted['text']}\b"))
    joined = tests[0]
    for test in tests[1:]:
        joined = joined & test
    return joined


def ask(path):
    dataset = fo.load_dataset(NAME)
    opened = time.perf_counter() - started

    def search(query, offset):
        found = view(dataset, query)
        count = found.count()
        page = found.sort_by("captured", reverse=True).skip(offset).limit(measured.PAGE)
        shown = [sample.to_dict() for sample in page]
        assert len(shown) == min(measured.PAGE, count - offset)
        return count

    def classes(query):
        return view(dataset, query).count_values("boxes.detections.label")

    measured.ask("FiftyOne", fo.__version__, opened, measured.queries(path), search, classes)


{"build": build, "ask": ask}[sys.argv[1]](sys.argv[2])
