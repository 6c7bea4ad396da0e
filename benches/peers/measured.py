"""What the peers' scripts share: the set that `million export` wrote, the queries, and how they are timed.

A query is asked as a person at a grid asks it: how many match, and the first hundred in order of time, with their boxes.
`cold` is its first run in a fresh process, `warm` the median of the runs after it.
"""

import json
import resource
import statistics
import sys
import time

WARM_RUNS = 5
PAGE = 100


def captures(path):
    """Every capture of an exported set, in order."""
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def batches(items, size):
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def queries(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def cpu_s():
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def resident_mb():
    """Memory of this process in MB; the database server of a peer that has one comes on top."""
    with open("/proc/self/status", encoding="utf-8") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def timed(act):
    """(answer, first ms, median ms of the others)"""
    times = []
    for _ in range(1 + WARM_RUNS):
        start = time.perf_counter()
        answer = act()
        times.append((time.perf_counter() - start) * 1e3)
        # A query that takes seconds is not worth five more.
        if sum(times) > 20_000:
            break
    warm = statistics.median(times[1:]) if len(times) > 1 else None
    return answer, times[0], warm


def ask(peer, version, opened_s, asked, search, classes):
    """Times every query with `search(query, offset) -> count`, and `classes(query) -> counts`; prints one JSON."""
    results = []
    for query in asked:
        try:
            count, cold, warm = timed(lambda: search(query, 0))
            row = {"name": query["name"], "count": count, "cold_ms": cold, "warm_ms": warm}
            offset = int(count * 0.9)
            if offset > PAGE:
                _, row["deep_cold_ms"], row["deep_warm_ms"] = timed(lambda: search(query, offset))
            _, row["classes_cold_ms"], row["classes_warm_ms"] = timed(lambda: classes(query))
        except NotImplementedError as why:
            row = {"name": query["name"], "skipped": str(why)}
        results.append(row)
        print(json.dumps(row), file=sys.stderr, flush=True)
    print(
        json.dumps(
            {"peer": peer, "version": version, "opened_s": opened_s, "resident_mb": resident_mb(), "cpu_s": cpu_s(), "queries": results}
        )
    )
