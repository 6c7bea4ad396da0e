#!/usr/bin/env python3
"""Puts ONNX Runtime's shared library into Muster's cache, out of the PyPI package `onnxruntime`.

Running it again changes nothing. Muster finds the library there; MUSTER_ONNXRUNTIME names another one.
"""

import platform
import tempfile
from pathlib import Path

import packages

VERSION = "1.31.1"

# (system, machine) -> platform of the wheel, its SHA-256, the library in it, the library's SHA-256.
WHEELS = {
    ("Linux", "x86_64"): (
        "manylinux_2_28_x86_64",
        "5752bd508126ae7c49894d3b9d2e83f0c3d487319246d04c444b393308d7ad7f",
        f"onnxruntime/capi/libonnxruntime.so.{VERSION}",
        "fc44112fbe06d7d689c57e11d3862031f64711007e4ee020f8eed5185fd2c1d3",
    ),
    ("Linux", "aarch64"): (
        "manylinux_2_28_aarch64",
        "da05378364c44d4407e463982d2bf8d5e4cfea873283757e48beeb41df97b7f3",
        f"onnxruntime/capi/libonnxruntime.so.{VERSION}",
        "8aa3b76b28c778a2b1dd660d34161adb1d508c9ccd04ff9dc80e26eca5df8467",
    ),
    ("Darwin", "arm64"): (
        "macosx_14_0_arm64",
        "60b6b69bfe580eab576cacc5d132a0e9cf2a37fcfd18d46dd191042b1d1ed0d7",
        f"onnxruntime/capi/libonnxruntime.{VERSION}.dylib",
        "f8b06155feece624e55e49124340eea279da812529ae6fbc46a9f2be9c9cad2e",
    ),
    ("Windows", "AMD64"): (
        "win_amd64",
        "c3d91b5de31e2fc82d71bd65b2b22bddee8b49057a3a36338e9a868e0ea90c05",
        "onnxruntime/capi/onnxruntime.dll",
        "8482d2ee174e28504f99730fb01d6861575870283de4ed3a897ad39170d9a9b9",
    ),
}


def install() -> None:
    machine = (platform.system(), platform.machine())
    if machine not in WHEELS:
        raise packages.Failure(
            f"no ONNX Runtime is pinned for {' '.join(machine)}: install one (1.24 or newer) and set MUSTER_ONNXRUNTIME"
        )
    wheel_platform, wheel_sha256, member, library_sha256 = WHEELS[machine]
    target = packages.cache_dir() / "onnxruntime" / VERSION / Path(member).name
    if packages.has(target, library_sha256):
        print(f"ONNX Runtime {VERSION} is there: {target}")
        return
    print(f"fetching ONNX Runtime {VERSION} from the PyPI package onnxruntime (about 23 MB)")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = packages.fetch_pypi("onnxruntime", VERSION, folder, wheel_platform)
        if (actual := packages.sha256_of(wheel)) != wheel_sha256:
            raise packages.Failure(f"{wheel.name} has the SHA-256 {actual}, expected {wheel_sha256}: do not use it")
        packages.put(packages.extract(wheel, member, folder), target, library_sha256)
    print(f"ONNX Runtime {VERSION} installed: {target}")


if __name__ == "__main__":
    packages.main(install)
