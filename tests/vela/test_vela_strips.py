"""Strips of the six networks lie wholly on the NPU: Vela 5.2 says so, and the rules of 4.5 that equal it."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import strip_networks
from strip_cases import fed
from tflite_graphs import quantized_graph, run, steps

from edgeconv import compilers, inspection, lowering, targets, tflite
from edgeconv.core.summary import ModelSummary
from edgeconv.profiles import load_profile

TESTS = Path(__file__).parents[1]
CPU = "ethos-u55-256@4.5"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("onnx")
    paths = os.pathsep.join([str(TESTS), *sys.path])
    subprocess.run(
        [sys.executable, strip_networks.__file__, str(folder)], check=True, env={**os.environ, "PYTHONPATH": paths}
    )
    return folder


def int8_frames(onnx: Path) -> tuple[tflite.Graph, tflite.Quant, np.ndarray]:
    """The network in full int8, the scheme of its input, and a clip for it."""
    graph = lowering.load_graph(onnx)
    lowering.fold_batch_norms(graph)
    backend = tflite.TfliteBackend()
    lowering.lower(graph, backend, {"clip": "NCTHW"})
    tflite.optimize(backend.graph)
    clip = np.random.default_rng(0).standard_normal(backend.graph.shape(backend.graph.inputs[0])).astype(np.float32)
    made = quantized_graph(backend.graph, clip)
    quant = made.tensors[made.inputs[0]].quant
    assert quant is not None
    return made, quant, steps(clip, quant)


def written(graph: tflite.Graph, path: Path) -> ModelSummary:
    path.write_bytes(tflite.write(graph, "test"))
    return inspection.inspect_file(path)


@pytest.mark.parametrize("family", ["u55", pytest.param("u65", marks=pytest.mark.nightly)])
@pytest.mark.parametrize("name", strip_networks.CLIPS)
def test_no_op_of_a_strip_is_left_to_the_cpu(exported: Path, name: str, family: str, tmp_path: Path) -> None:
    frames, quant, clip = int8_frames(exported / f"{name}.onnx")
    (expected,) = run(frames, clip)
    assert {v.verdict for v in targets.check(written(frames, tmp_path / "f.tflite"), CPU).ops} == {"accelerated", "cpu"}
    strip = tflite.to_strip(frames, tflite.Rezero(load_profile(f"ethos-{family}").gaps))
    summary, target = written(strip.graph, tmp_path / "strip.tflite"), f"ethos-{family}-256"
    assert {math.prod(t.shape[:-3]) for op in summary.ops for t in op.outputs} == {1}
    made = compilers.compile_model(target, summary, tmp_path)
    assert made is not None
    assert made.outcome == "compiled", made.why
    assert [(o.op, o.name, o.reasons) for o in made.ops if not o.accelerated] == []
    assert {v.verdict for v in targets.check(summary, f"{target}@4.5").ops} == {"accelerated"}
    (got,) = run(strip.graph, *fed(strip, frames, [clip], list(quant.zero_points)))
    assert got.reshape(-1).tolist() == expected.reshape(-1).tolist()


@pytest.mark.parametrize("name", strip_networks.CLIPS)
def test_the_edge_tpu_is_predicted_to_take_every_op(exported: Path, name: str, tmp_path: Path) -> None:
    """Of the strips that the coral profile makes; of frames, which are a batch, not one convolution."""
    frames, _, _ = int8_frames(exported / f"{name}.onnx")
    strip = tflite.to_strip(frames, tflite.Rezero(load_profile("coral").gaps))
    told = targets.check(written(strip.graph, tmp_path / "strip.tflite"), "coral").ops
    assert [(v.op, v.name, v.reasons) for v in told if v.verdict != "accelerated"] == []
    batch = targets.check(written(frames, tmp_path / "frames.tflite"), "coral").ops
    assert not any(v.verdict == "accelerated" for v in batch if v.op == "CONV_2D")
