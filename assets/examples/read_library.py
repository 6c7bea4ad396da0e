#!/usr/bin/env python3
"""Reads a Muster library from Python, also while the application runs.

    python3 read_library.py [FOLDER]

Needs nothing but Python. The `# %%` lines make cells of it in Jupyter, VS Code and Spyder. The views are described in
docs/sql.md; they are read-only, and what the application writes meanwhile does not disturb a query that has begun.
"""

# %% Open the library read-only
import os
import sqlite3
import sys
from pathlib import Path

DEFAULT = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "muster" / "library"
folder = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else DEFAULT)
# mode=ro never writes; the timeout waits out a checkpoint of the application.
library = sqlite3.connect(f"{(folder / 'library.db').resolve().as_uri()}?mode=ro", uri=True, timeout=30)
library.row_factory = sqlite3.Row

# %% What is in it. One transaction sees one state, however long the questions take
library.execute("BEGIN")
captures, undecided = library.execute("SELECT count(*), total(undecided) FROM v_capture").fetchone()
print(f"{captures} captures, {undecided:.0f} annotations nobody decided on")

# %% Annotations by class and decision
for row in library.execute(
    "SELECT class, decision, count(*) AS n FROM v_annotation GROUP BY class, decision ORDER BY n DESC, class, decision"
):
    print(f"  {row['class'] or '(no class)'}: {row['n']} {row['decision']}")

# %% Captures by site, and by a user field
for row in library.execute("SELECT site, count(*) AS n FROM v_capture GROUP BY site ORDER BY n DESC"):
    print(f"  {row['site'] or '(imported)'}: {row['n']}")
for row in library.execute(
    "SELECT name, coalesce(text, number) AS value, count(*) AS n FROM v_capture_field GROUP BY 1, 2 ORDER BY n DESC LIMIT 20"
):
    print(f"  {row['name']}={row['value']}: {row['n']}")

# %% What a person changed in the model's work: how often each proposed class was accepted
for row in library.execute(
    """SELECT model, coalesce(model_class, class) AS proposed, avg(decision = 'accepted') AS accepted, count(*) AS n
       FROM v_annotation WHERE origin = 'model' AND decision <> 'undecided' GROUP BY 1, 2 ORDER BY n DESC LIMIT 10"""
):
    print(f"  {row['model']} {row['proposed']}: {row['accepted']:.0%} of {row['n']} accepted")

# %% The files of the ten latest captures. Stored files lie under blobs/, by their BLAKE3
for row in library.execute(
    """SELECT capture_id, captured_at, asset, blake3, root_path, relative_path, is_local
       FROM v_capture JOIN v_asset USING (capture_key) ORDER BY captured_at_micros DESC LIMIT 10"""
):
    if row["relative_path"] is not None:
        file = Path(row["root_path"]) / row["relative_path"]
    else:
        file = folder / "blobs" / row["blake3"][:2] / row["blake3"][2:]
    print(f"  {row['captured_at']} {row['capture_id']} {file}" + ("" if row["is_local"] or row["root_path"] else " (at the service)"))
library.execute("COMMIT")
library.close()
