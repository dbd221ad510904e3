"""onnx2tf on the 4D-add model, in an environment of its own (it pins another TensorFlow than the project does).

Make the environment with

    python -m venv onnx2tf-venv && onnx2tf-venv/bin/pip install onnx2tf==1.29.24

and hand its Python to `--onnx2tf-python`. The network goes in as its PyTorch code exports it, frames as the batch.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import watched
from subjects import Subject

VERSION = "1.29.24"
_DUMMY = "calibration_image_sample_data_20x128x128x3_float32.npy"
"""onnx2tf downloads this file, even when calibration data is given, unless it lies in the working directory."""


@dataclass(frozen=True)
class Converted:
    model: Path
    seconds: float
    peak_gb: float


def convert(python: Path, subject: Subject, folder: Path) -> Converted:
    """The int8 file that onnx2tf makes, from the cache if the ONNX file has not changed.

    Raises:
        RuntimeError: it made no int8 file; its last words are told.
    """
    from edgeconv.bundle import sha256_of

    folder = folder / sha256_of(subject.frames_onnx)[:12]
    model, cost = folder / "onnx2tf_int8.tflite", folder / "cost.json"
    if not cost.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            done = _run(python, subject, Path(scratch), folder / "onnx2tf.log")
            shutil.move(Path(scratch, "out", "frames_full_integer_quant.tflite"), model)
        cost.write_text(json.dumps(asdict(done)), encoding="utf-8")
    known = json.loads(cost.read_text(encoding="utf-8"))
    return Converted(model, known["seconds"], known["peak_gb"])


def _run(python: Path, subject: Subject, scratch: Path, log: Path) -> watched.Watched:
    np.save(scratch / _DUMMY, np.zeros((20, 128, 128, 3), np.float32))
    clips = np.load(subject.clips("calibration"), mmap_mode="r")  # [M, 1, 3, T, H, W]
    np.save(scratch / "frames.npy", clips[:, 0].transpose(0, 2, 3, 4, 1).reshape(-1, *clips.shape[-2:], 3))
    made = scratch / "out" / "frames_full_integer_quant.tflite"
    environment = {
        **os.environ,
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "TF_CPP_MIN_LOG_LEVEL": "3",
    }
    environment.pop("PYTHONPATH", None)
    arguments = ["-i", str(subject.frames_onnx), "-o", "out", "-oiqt", "-qt", "per-channel"]
    arguments += ["-iqd", "int8", "-oqd", "int8", "-cind", "clip", "frames.npy", "[[[[0,0,0]]]]", "[[[[1,1,1]]]]"]
    done = watched.run(
        [str(python), "-m", "onnx2tf", *arguments],
        log=log,
        cwd=scratch,
        env=environment,
        enough=lambda: made.is_file() and time.time() - made.stat().st_mtime > 2,  # int16 variants would follow
    )
    if not made.is_file():
        words = log.read_text(encoding="utf-8", errors="replace").splitlines()[-12:]
        raise RuntimeError(f"onnx2tf ended with status {done.status} and made no int8 file:\n" + "\n".join(words))
    return done
