"""The peers' answers beside Muster's, as Markdown: medians over the queries that both answer, and the ratio to Muster.

Usage: report.py MUSTER.json PEER.json… Counts must agree: another count is another question.
"""

import json
import statistics
import sys

KINDS = [("cold_ms", "search and first page, cold"), ("warm_ms", "search and first page, warm"), ("deep_warm_ms", "a page at 90 %, warm"), ("classes_warm_ms", "counts of classes, warm")]


def load(path):
    with open(path, encoding="utf-8") as lines:
        # Libraries write to standard output too; the report is the last line.
        report = json.loads(lines.read().strip().splitlines()[-1])
    report["by_name"] = {row["name"]: row for row in report["queries"]}
    return report


muster, *peers = [load(path) for path in sys.argv[1:]]
for peer in peers:
    for name, row in peer["by_name"].items():
        own = muster["by_name"][name]
        if "count" in row and row["count"] != own["count"]:
            sys.exit(f"{peer['peer']} counts {row['count']} for {name!r}, Muster {own['count']}")
print("| what | " + " | ".join(f"{peer['peer']} {peer['version']}, ms | Muster, ms | ratio" for peer in peers) + " |")
print("| --- |" + " --- | --- | --- |" * len(peers))
for kind, title in KINDS:
    cells = []
    for peer in peers:
        pairs = [(row[kind], muster["by_name"][name][kind]) for name, row in peer["by_name"].items() if row.get(kind) is not None and muster["by_name"][name].get(kind) is not None]
        theirs, ours = (statistics.median(values) for values in zip(*pairs))
        cells.append(f"{theirs:.1f} | {ours:.2f} | {theirs / ours:.0f}")
    print(f"| {title} | " + " | ".join(cells) + " |")
print("| opened, s | " + " | ".join(f"{peer['opened_s']:.1f} | {muster['opened_s']:.2f} | {peer['opened_s'] / muster['opened_s']:.0f}" for peer in peers) + " |")
print("| memory of the process, MB | " + " | ".join(f"{peer['resident_mb']:.0f} | {muster['resident_mb']:.0f} |" for peer in peers) + " |")
