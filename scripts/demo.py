#!/usr/bin/env python3
"""Runs the whole loop of Muster on real captures and opens the window on the result.

Six agents at three sites replay street video and photographs through their triggers, upload to an ingest service on
loopback, a library syncs, models propose, and the window shows it while further captures arrive. Without a display (or
with --test) a script annotates one capture in the real window under Xvfb, and what it wrote is looked up in the
database and in a COCO export.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "assets" / "demo"

# (device, site, stream, footage, hours ago, seconds between photos, trigger)
MOTION = {"name": "motion_in_yard", "version": 3, "when": "motion > 0.004 && brightness > 0.1", "cooldown_s": 1.5}
PHOTO = {"name": "new_scene", "version": 1, "when": "motion > 0.05", "cooldown_s": 20.0}
HAND = {"name": "hand_moves", "version": 2, "when": "motion.max(duration('2s')) > 0.01", "cooldown_s": 1.0}
CLASSES = ["person", "car", "truck", "bicycle", "bottle", "cup", "orange", "apple", "cat"]
ACCEPTED = 1  # the code of migrations/library
AGENTS = [
    ("yard-cam-01", "depot-north", "cam0", "yard/yard-1.mp4", 98, 0, MOTION),
    ("yard-cam-02", "depot-north", "cam0", "yard/yard-2.mp4", 64, 0, MOTION),
    ("cart-07", "store-12", "handle", "cart/cup.mp4", 47, 0, HAND),
    ("shelf-cam-03", "store-12", "shelf", "store", 45, 600, PHOTO),
    ("bench-cam-01", "field-lab", "bench", "lab", 28, 900, PHOTO),
    ("gate-cam-02", "field-lab", "gate", "field", 24, 1200, PHOTO),
]


class DemoError(Exception):
    """Something that the person must know, in one sentence."""


def say(text: str) -> None:
    print(f"demo: {text}", flush=True)


class Children:
    """Every process that the demo starts; all of them end with it."""

    def __init__(self) -> None:
        self.running: list[subprocess.Popen] = []

    def start(self, command: list, log: Path, **options) -> subprocess.Popen:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stream:
            options.setdefault("stdout", stream)
            child = subprocess.Popen([str(part) for part in command], stderr=stream, **options)
        self.running.append(child)
        return child

    def end(self) -> None:
        for child in reversed(self.running):
            if child.poll() is None:
                child.send_signal(signal.SIGTERM)
        for child in reversed(self.running):
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def cache_dir() -> Path:
    return Path(os.environ.get("MUSTER_CACHE") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "muster")


class Demo:
    """One run: where things are, and the steps in order."""

    def __init__(self, home: Path, children: Children) -> None:
        target = Path(os.environ.get("CARGO_TARGET_DIR") or cache_dir() / "target")
        self.bin = target / "debug"
        self.home = home
        self.children = children
        self.library = home / "library"
        self.logs = home / "logs"
        self.started = time.monotonic()

    def muster(self, *arguments: str) -> list:
        """Runs `muster --json` on the library and returns its documents."""
        command = [self.bin / "muster", "--json", "--library", self.library, *arguments]
        result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise DemoError(f"`muster {' '.join(arguments)}` failed: {result.stderr.strip() or result.stdout.strip()}")
        return [json.loads(line) for line in result.stdout.splitlines() if line.strip()]

    # ---- service and agents
    def start_service(self) -> str:
        data = self.home / "ingest"
        address = f"127.0.0.1:{self.port()}"
        self.children.start([self.bin / "muster-ingest", "serve", "--data", data, "--listen", address], self.logs / "ingest.log")
        url = f"http://{address}"
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"{url}/healthz", timeout=1):
                    return url
            except OSError:
                time.sleep(0.1)
        raise DemoError(f"the ingest service does not answer; see {self.logs / 'ingest.log'}")

    def port(self) -> int:
        """The port of the last run where it is free, so that the library finds its service again."""
        remembered = self.home / "port"
        wanted = int(remembered.read_text()) if remembered.exists() else 0
        for port in (wanted, 0):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
                port = probe.getsockname()[1]
            remembered.write_text(str(port))
            return port
        raise DemoError("no free port on 127.0.0.1")

    def token(self, role: str, *more: str) -> Path:
        path = self.home / f"{role}.token"
        if not path.exists():
            command = [self.bin / "muster-ingest", "token", "create", "--data", self.home / "ingest", "--role", role, *more]
            made = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
            if made.returncode != 0:
                raise DemoError(f"no {role} token: {made.stderr.strip()}")
            path.write_text(made.stdout.strip() + "\n")
            path.chmod(0o600)
        return path

    def configure(self, agent: tuple, url: str, token: Path, live: bool) -> Path:
        device, site, stream, footage, hours_ago, photo_interval_s, trigger = agent
        folder = self.home / "agents" / device
        folder.mkdir(parents=True, exist_ok=True)
        source = {
            "kind": "replay",
            "stream": stream,
            "path": str(DEMO / footage),
            "rate_fps": 5.0,
            # The first pass hurries; live captures trickle in while a person looks.
            "speed": (30.0 if live else 2400.0) if photo_interval_s else (0.2 if live else 20.0),
            "repeat": 0 if live else 1,
            "start": hours_before_now(2 if live else hours_ago),
        }
        if photo_interval_s:
            source["photo_interval_s"] = float(photo_interval_s)
        config = {
            "service": url,
            "device": device,
            "site": site,
            "enrolment_token_file": str(token),
            "spool_dir": str(folder / "spool"),
            "exit_when_done": not live,
            "drain_timeout_s": 120,
            "source": [source],
            "trigger": [{**trigger, "mode": "level", "sample": 1.0, "priority": 1}],
        }
        path = folder / ("live.toml" if live else "first.toml")
        path.write_text(to_toml(config))
        return path

    def start_agents(self, url: str, token: Path, live: bool) -> list[subprocess.Popen]:
        agents = []
        for agent in AGENTS:
            config = self.configure(agent, url, token, live)
            out = None if live else (config.parent / "counts.json").open("wb")
            options = {} if live else {"stdout": out}
            agents.append(
                self.children.start([self.bin / "muster-edge", "run", "--config", config], self.logs / f"{agent[0]}.log", **options)
            )
        return agents

    def first_pass(self, url: str, token: Path) -> dict:
        """Every agent replays its footage once; returns the sum of their ledgers."""
        totals = {"fired": 0, "committed": 0, "dropped": 0, "pending": 0, "suppressed": 0}
        for child, agent in zip(self.start_agents(url, token, live=False), AGENTS, strict=True):
            code = child.wait(timeout=300)
            if code != 0:
                raise DemoError(f"agent {agent[0]} ended with {code}; see {self.logs / (agent[0] + '.log')}")
            counts = json.loads((self.home / "agents" / agent[0] / "counts.json").read_text())
            for key in totals:
                totals[key] += counts[key]
        if totals["fired"] != totals["committed"] + totals["dropped"] + totals["pending"]:
            raise DemoError(f"the ledgers do not add up: {totals}")
        if totals["suppressed"] == 0:
            raise DemoError("no trigger ever held a capture back: the demo proves nothing about triggers")
        return totals

    # ---- library
    def fill_library(self, url: str, token: Path) -> None:
        if not (self.library / "library.db").exists():
            self.muster("init")
            self.muster("schema", "add", *CLASSES)
        self.muster("sync", url, "--token-file", str(token))
        self.muster("prelabel", "--yes")

    def summary(self, totals: dict) -> None:
        facets = {facet["field"]: facet["values"] for facet in self.muster("search", "", "--limit", "0", "--facets")[-1]["facets"]}
        seconds = time.monotonic() - self.started
        captures = sum(value["count"] for value in facets["site"])
        kept = totals["fired"] + totals["suppressed"]
        print(f"\n  {captures} captures in the library, {seconds:.0f} s from the start\n")
        print("  site            captures")
        for value in facets["site"]:
            print(f"  {value['value']:<15} {value['count']:>8}")
        print("\n  class           captures with it")
        for value in facets["class"][:10]:
            print(f"  {value['value']:<15} {value['count']:>8}")
        print(
            f"\n  this run: {kept} moments met a trigger, {totals['suppressed']} held back by cooldown, {totals['fired']} fired"
            f" = {totals['committed']} committed + {totals['dropped']} dropped + {totals['pending']} pending\n",
            flush=True,
        )


def hours_before_now(hours: int) -> str:
    moment = datetime.now(timezone.utc) - timedelta(hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def to_toml(config: dict) -> str:
    """TOML of the plain values, tables and lists of tables that the agents' configurations hold (JSON's scalars are TOML's)."""
    lines = [f"{key} = {json.dumps(value)}" for key, value in config.items() if not isinstance(value, list)]
    for key, tables in config.items():
        if isinstance(tables, list):
            for table in tables:
                lines += ["", f"[[{key}]]", *(f"{name} = {json.dumps(value)}" for name, value in table.items())]
    return "\n".join(lines) + "\n"


def start_xvfb(children: Children, log: Path) -> None:
    """A display of our own; the number is chosen by the server."""
    if shutil.which("Xvfb") is None:
        raise DemoError("Xvfb is missing: run `make setup`")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1920x1200x24", "-nolisten", "tcp"]
    children.start(command, log, pass_fds=(write,))
    os.close(write)
    with os.fdopen(read) as stream:
        number = stream.readline().strip()
    if not number:
        raise DemoError(f"Xvfb did not start; see {log}")
    os.environ["DISPLAY"] = f":{number}"


def drive_window(demo: Demo, shots: Path) -> dict:
    """One scripted annotation in the real window; returns what the script says it did."""
    shots.mkdir(parents=True, exist_ok=True)
    command = ["node", ROOT / "tests" / "window" / "annotate.mjs", demo.bin / "muster-desktop", demo.library, shots]
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=False, timeout=300)
    if result.returncode != 0:
        raise DemoError("the scripted annotation failed; its log stands above")
    return json.loads(result.stdout.splitlines()[-1])


def check_database(demo: Demo, done: dict) -> None:
    """What the window wrote must be in the database: the accepted proposal, the moved box, the submission."""
    database = sqlite3.connect(f"file:{demo.library / 'library.db'}?mode=ro", uri=True)
    query = "SELECT decision, x, y FROM annotation WHERE annotation_id = ?"
    rows = {}
    for role in ("accepted", "moved"):
        rows[role] = database.execute(query, (bytes.fromhex(done[role]["id"].replace("-", "")),)).fetchone()
    submissions = database.execute(
        "SELECT count(*) FROM submission s JOIN capture c ON c.row_key = s.capture_key WHERE c.capture_id = ?",
        (bytes.fromhex(done["captureId"].replace("-", "")),),
    ).fetchone()[0]
    database.close()
    if rows["accepted"] is None or rows["accepted"][0] != ACCEPTED:
        raise DemoError(f"the proposal that the window accepted is not accepted in the database: {rows['accepted']}")
    x, y = done["moved"]["x"], done["moved"]["y"]
    if rows["moved"] is None or abs(rows["moved"][1] - x) > 0.51 or abs(rows["moved"][2] - y) > 0.51:
        raise DemoError(f"the box that the window moved to ({x:.1f}, {y:.1f}) is elsewhere in the database: {rows['moved']}")
    if submissions < 1:
        raise DemoError("the window's submission is not in the database")


def export_and_check(demo: Demo, done: dict) -> None:
    """Exports COCO, reads it with pycocotools, and finds both annotations by id and box."""
    out = demo.home / "export"
    shutil.rmtree(out, ignore_errors=True)
    demo.muster("export", "--format", "coco", "--out", str(out))
    reader = cache_dir() / "readers" / "bin" / "python"
    command = [reader, ROOT / "tests" / "readers" / "read_coco.py", out / "annotations.json", json.dumps(done)]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise DemoError(f"pycocotools does not agree with the export: {result.stdout}{result.stderr}")
    say(result.stdout.strip())


def build() -> None:
    say("building (nothing to do when nothing changed)")
    subprocess.run(["npm", "--prefix", "ui", "run", "--silent", "build"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["cargo", "build", "--workspace", "--bins", "--locked", "--quiet"], cwd=ROOT, check=True)


def run(demo: Demo, scripted: bool, shots: Path) -> None:
    url = demo.start_service()
    say(f"the ingest service listens on {url}")
    device_token = demo.token("device", "--uses", "100", "--expires", "8760h")
    person_token = demo.token("annotator")
    say("6 agents at 3 sites replay their footage")
    totals = demo.first_pass(url, device_token)
    say("the library syncs, the models propose")
    demo.fill_library(url, person_token)
    demo.summary(totals)
    demo.start_agents(url, device_token, live=True)
    if scripted:
        say("the window annotates one capture by script")
        done = drive_window(demo, shots)
        check_database(demo, done)
        export_and_check(demo, done)
        say(f"done: what the window wrote is in the database and in the export; screenshots are in {shots.relative_to(ROOT)}")
    else:
        say("the window is open; new captures keep arriving. Close it, or press Ctrl+C, to end")
        command = [demo.bin / "muster-desktop", "--library", demo.library]
        subprocess.run([str(part) for part in command], check=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", action="store_true", help="start from nothing in target/demo-test, under Xvfb, by script")
    arguments = parser.parse_args()
    home = ROOT / "target" / ("demo-test" if arguments.test else "demo")
    if arguments.test or os.environ.get("CLEAN") == "1":
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    children = Children()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        scripted = arguments.test or not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        if not arguments.test:
            build()
        if scripted:
            say("a display of our own: Xvfb" if arguments.test else "there is no display: the window opens under Xvfb, driven by a script")
            start_xvfb(children, home / "logs" / "xvfb.log")
        run(Demo(home, children), scripted, home / "screenshots" if arguments.test else home)
        return 0
    except DemoError as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        say("ended")
        return 130
    finally:
        children.end()


if __name__ == "__main__":
    sys.exit(main())
