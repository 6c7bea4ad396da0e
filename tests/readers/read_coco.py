"""Reads an export with pycocotools and checks it against what the window did. Usage: read_coco.py ANNOTATIONS DONE_JSON"""

import contextlib
import io
import json
import sys

from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def average_precision(truth: COCO) -> float:
    """The set against itself, each box with score 1."""
    results = [
        {"image_id": a["image_id"], "category_id": a["category_id"], "bbox": a["bbox"], "score": 1.0}
        for a in truth.dataset["annotations"]
    ]
    evaluation = COCOeval(truth, truth.loadRes(results), "bbox")
    evaluation.params.maxDets = [1, 10, 10_000]
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, 2]
    return float(precision[precision > -1].mean())


def main() -> None:
    path, done = sys.argv[1], json.loads(sys.argv[2])
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO(path)
        score = average_precision(truth)
    assert abs(score - 1.0) < 1e-9, f"the set against itself scores AP {score:.6f}"
    by_id = {a["muster"]["annotation_id"]: a for a in truth.dataset["annotations"]}
    for role in ("accepted", "moved"):
        want = done[role]
        have = by_id.get(want["id"])
        assert have is not None, f"the {role} annotation {want['id']} is not in the export"
        for name, value in zip(("x", "y", "width", "height"), have["bbox"], strict=True):
            assert abs(value - want[name]) <= 0.01, f"{role}: {name} is {value}, the window says {want[name]}"
        assert have["category_id"] in truth.cats, f"{role}: no category {have['category_id']}"
    print(
        f"pycocotools reads {len(truth.imgs)} images, {len(truth.anns)} annotations, {len(truth.cats)} categories;"
        f" the set against itself scores AP {score:.3f}; both edits are in it"
    )


main()
