"""One network in full int8, as frames and as strips, and by how much their answers differ.

    python benchmarks/strip_files.py NETWORK FOLDER

writes frames.tflite, one strip-GAPS.tflite for each way to clear gaps, and made.json. Two synthetic clips calibrate:
this is about structure and time.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from strip_networks import SUBJECTS

import edgeconv
from edgeconv import runtimes, tflite

HERE = Path(__file__).resolve().parent
CLIPS = 2
FRAMES, DONE = "frames", "made.json"


def strip_name(gaps: str) -> str:
    """Of the file, without suffix; `gaps` as in profiles."""
    return f"strip-{gaps}"


class Made(BaseModel):
    """What was written."""

    code: str
    """Fingerprint of the code that wrote it."""
    ops: dict[str, int]
    """By file, without suffix."""
    steps_apart: dict[str, int]
    """Largest difference of an output to that of the frames, in steps of its int8 scale, by strip file."""


def files(network: str, cache: Path) -> tuple[Path, Made]:
    """The folder with the files and what they are; made in a process of its own, unless the same code has made them."""
    folder = cache / "strip" / network
    folder.mkdir(parents=True, exist_ok=True)
    done = folder / DONE
    if not done.is_file() or _read(done).code != _fingerprint():
        subprocess.run([sys.executable, __file__, network, str(folder)], check=True)
    return folder, _read(done)


def _read(done: Path) -> Made:
    return Made.model_validate_json(done.read_text(encoding="utf-8"))


def _fingerprint() -> str:
    """Of the code that decides what is written: files are made anew when it has changed."""
    package = Path(edgeconv.__file__).parent
    sources = [p for part in ("lowering", "tflite") for p in (package / part).rglob("*.py")]
    digest = hashlib.sha256()
    for source in (*sorted(sources), HERE / "strip_files.py", HERE / "strip_networks.py"):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def make(network: str, folder: Path) -> Made:
    """Go the road as far as the quantized graph of frames, then fold it every way."""
    from edgeconv import bundle, sources
    from edgeconv.core.progress import Silent, Stopwatch
    from edgeconv.profiles import load_profile
    from edgeconv.steps.model import convert
    from edgeconv.steps.quantizing import calibrate, quantize
    from edgeconv.steps.source import describe, prepare, read_clips
    from edgeconv.steps.state import ExportRequest, Road, feeds

    profile = load_profile("tflite")
    few = profile.calibration.model_copy(update={"clips": CLIPS})
    profile = profile.model_copy(update={"calibration": few, "verification": few})
    subject = SUBJECTS[network]
    spec = sources.resolve(subject.source, input_shape=subject.clip, input_layout="NCTHW")
    with bundle.StagedFolder(folder / "unused") as staged:
        road = Road(ExportRequest(spec, profile, folder / "unused"), staged, Stopwatch(Silent()))
        with sources.open_source(spec, profile.threads) as session:
            described = describe(road, session)
            clips = read_clips(road, described)
            prepare(road, session, described)
        converted = convert(road, described)
        frames = quantize(road, converted, calibrate(road, converted, described, clips[0]), {}).graph
        (feed,) = feeds(converted.trace, road.clips["verification"])
        return _fold(frames, feed, folder)


def _fold(frames: tflite.Graph, feed: runtimes.Feed, folder: Path) -> Made:
    """Write the graph of frames and its strips, and run each on the same clips."""
    made = Made(code=_fingerprint(), ops={}, steps_apart={})
    expected = _written(FRAMES, frames, feed, folder, made)
    for gaps in tflite.Rezero:
        stripped = tflite.to_strip(frames, gaps)
        (end,) = stripped.inputs.values()
        physical = stripped.graph.shape(stripped.graph.inputs[0])
        fed = feed.model_copy(update={"physical": physical, "frames": end.frames, "tail": end.tail})
        name = strip_name(gaps.value)
        answers = _written(name, stripped.graph, fed, folder, made)
        made.steps_apart[name] = int(np.abs(answers - expected).max())
    return made


def _written(name: str, graph: tflite.Graph, feed: runtimes.Feed, folder: Path, made: Made) -> NDArray[np.int64]:
    """What TFLite's own kernels answer."""
    file = folder / f"{name}.tflite"
    file.write_bytes(tflite.write(graph, f"edgeconv benchmark, {name}"))
    made.ops[name] = len(graph.ops)
    with tempfile.TemporaryDirectory() as scratch:
        raw = Path(scratch, "raw.npy")
        runtimes.run_model(
            runtimes.RunRequest(
                runtime="litert",
                model=file,
                feeds=(feed,),
                outputs=Path(scratch, "real.npy"),
                raw_outputs=raw,
                delegate=False,
            )
        )
        return np.load(raw).astype(np.int64)


if __name__ == "__main__":
    to = Path(sys.argv[2])
    (to / DONE).write_text(make(sys.argv[1], to).model_dump_json(indent=2), encoding="utf-8")
