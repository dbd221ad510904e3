"""`python -m aarch64`: export a network, run its bundle's self-test here and on aarch64, compare, exit with 0 or 1."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from aarch64.emulated import Emulated, Unavailable
from aarch64.judging import Judged, Told
from edgeconv import pipeline, sources
from edgeconv.profiles import ClipsProfile, ParityProfile, SplitProfile, load_profile

NARROW = {"num_frames": "8", "image_size": "64", "width": "0.25", "num_classes": "11"}
FEW = ClipsProfile(clips=4)
ANY = ParityProfile(int8_cosine_mean=-1, int8_cosine_min=-1, max_saturated=1)
"""How well a seeded narrow network survives int8 is not the question here."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, help="a bundle to test; without it one is exported")
    parser.add_argument("--full", action="store_true", help="export the network in its full size, not a narrow one")
    parser.add_argument("--cache", type=Path, default=Path(".aarch64"), help="where the emulated system is kept")
    options = parser.parse_args()
    try:
        there = Emulated(options.cache)
    except Unavailable as reason:
        print(f"aarch64 cannot be emulated here: {reason}", file=sys.stderr)
        return 4
    with tempfile.TemporaryDirectory() as scratch:
        bundle = options.bundle or export(Path(scratch), options.full)
        judged = judge(bundle, there)
    print("\n".join(judged.lines()))
    findings = list(judged.findings())
    for finding in findings:
        print(f"FINDING {finding}")
    print("FAILED" if findings else "PASSED: the reference kernels give the same bytes on both architectures")
    return 1 if findings else 0


def export(folder: Path, full: bool) -> Path:
    """ECO-Lite 4D: whole and split, or as a whole in its full size, where a clip alone takes minutes."""
    split = None if full else SplitProfile(names=("backbone", "head"), required=True)
    changes = {"calibration": FEW, "verification": FEW, "parity": ANY, "split": split}
    spec = sources.resolve("eco-lite-4d-add", options={} if full else NARROW)
    pipeline.export(pipeline.ExportRequest(spec, load_profile("tflite").model_copy(update=changes), folder / "bundle"))
    return folder / "bundle"


def judge(bundle: Path, there: Emulated) -> Judged:
    test = (bundle / "run.py", "--self-test", "--threads", "1", "--json")
    here = [sys.executable, *map(str, test)]
    return Judged(
        here=told(here),
        there=told(there.python(*test)),
        reference_here=told([*here, "--reference"]),
        reference_there=told(there.python(*test, "--reference")),
    )


def told(command: Sequence[str]) -> Told:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=3600)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    document: Told = json.loads(done.stdout)
    return document


if __name__ == "__main__":
    sys.exit(main())
