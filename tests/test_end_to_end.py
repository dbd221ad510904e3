"""The whole road on small networks, judged from the delivered files by readers that are not ours."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgeconv import pipeline, sources
from edgeconv.profiles import ClipsProfile, ParityProfile, load_profile

SMALL = {"num_frames": "8", "image_size": "64", "width": "0.5", "num_classes": "11"}
# 64x64 pixels through a seeded network leave little signal: int8 is judged loosely here, strictly in benchmarks/.
LOOSE = ParityProfile(int8_cosine_mean=0.8, int8_cosine_min=0.5, max_saturated=0.3)


def _export(name: str, out: Path, **options: str) -> pipeline.ExportResult:
    few = ClipsProfile(clips=4)
    profile = load_profile("tflite").model_copy(update={"verification": few, "parity": LOOSE})
    spec = sources.resolve(name, options={**SMALL, **options})
    return pipeline.export(pipeline.ExportRequest(spec, profile, out))


@pytest.fixture(
    scope="module",
    params=["eco-lite-3d", "eco-lite-4d-add", "eco-lite-4d-concat", "eco-lite-4d-sequential"],
)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> pipeline.ExportResult:
    return _export(request.param, tmp_path_factory.mktemp("bundles") / request.param)


def test_every_gate_holds(exported: pipeline.ExportResult) -> None:
    assert exported.report.failed_gates == ()
    assert len(exported.report.gates) >= 25


def test_every_runtime_was_tried_with_each_kernels_on_one_thread_and_on_several(
    exported: pipeline.ExportResult,
) -> None:
    """tflite-runtime 2.14 gives XNNPACK no int8 operator, so there its own kernels are all there is."""
    int8, fp32 = exported.report.matrices
    own, delegated = ("own kernels",), ("own kernels", "XNNPACK")
    asked = {"litert": delegated, "tflite-runtime": own}
    ran = {(c.runtime, c.kernels, c.threads) for c in int8.cells}
    assert ran == {(r, k, n) for r, kernels in asked.items() for k in kernels for n in (1, 2)}
    assert {c.name for c in fp32.cells} > {"PyTorch", "onnxruntime, 1 thread", "tflite-runtime, XNNPACK, 2 threads"}
    assert (int8.clips, fp32.clips) == (2, 1)
    for made in (int8, fp32):
        assert len(made.pairs) == len(made.cells) * (len(made.cells) - 1) // 2
    by_threads = [p for p in int8.pairs if p.expected in ("equal", "sums")]
    assert len(by_threads) == 3
    assert {p.limit for p in by_threads if p.expected == "equal"} == {0}
    assert max(p.largest for p in int8.pairs if p.expected == "kernels") > 0, "kernels that agree prove nothing"


def test_delivered_onnx_is_4d_without_transposes(exported: pipeline.ExportResult) -> None:
    model = onnx.shape_inference.infer_shapes(onnx.load(exported.bundle / "model.onnx"), strict_mode=True)
    values = [*model.graph.input, *model.graph.output, *model.graph.value_info]
    ranks = [len(v.type.tensor_type.shape.dim) for v in values] + [len(t.dims) for t in model.graph.initializer]
    assert len(values) > len(model.graph.node) // 2
    assert max(ranks) == 4
    assert "Transpose" not in {n.op_type for n in model.graph.node}
    assert all(n.domain == "" for n in model.graph.node)


def test_int8_file_is_int8_throughout(exported: pipeline.ExportResult) -> None:
    interpreter = Interpreter(str(exported.bundle / "model_int8.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    details = [d for d in interpreter.get_tensor_details() if d["name"]]
    assert {d["dtype"] for d in details} <= {np.int8, np.int32}
    assert max(len(d["shape"]) for d in details) == 4
    ops = [o["op_name"] for o in interpreter._get_ops_details()]
    assert not {"TRANSPOSE", "CONV_3D", "QUANTIZE", "DEQUANTIZE"} & set(ops)
    assert ops.count("DELEGATE") == 1


def test_manifest_signs_every_file(exported: pipeline.ExportResult) -> None:
    manifest = json.loads((exported.bundle / "manifest.json").read_text())
    found = {p.relative_to(exported.bundle).as_posix() for p in exported.bundle.rglob("*") if p.is_file()}
    assert found == {*manifest["files"], "manifest.json", *manifest["volatile"]}
    for name, entry in manifest["files"].items():
        data = (exported.bundle / name).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (entry["bytes"], entry["sha256"]), name


def test_golden_vectors_hold_in_the_delivered_file(exported: pipeline.ExportResult) -> None:
    manifest = json.loads((exported.bundle / "manifest.json").read_text())
    interpreter = Interpreter(str(exported.bundle / "model_int8.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    assert len(manifest["golden"]) == 2
    for vector in manifest["golden"]:
        given = np.load(exported.bundle / vector["inputs"][0])
        expected = np.load(exported.bundle / vector["outputs"][0])
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], given)
        interpreter.invoke()
        got = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
        apart = np.abs(got.astype(int) - expected.astype(int)).max()
        assert apart <= vector["tolerance_lsb"]
        assert np.ptp(expected.astype(int)) > 20, "an output that says nothing proves nothing"


def test_raw_frames_can_be_fed_by_the_manifest_alone(exported: pipeline.ExportResult) -> None:
    """The formula of the manifest gives back pixels 0..255 from the golden input."""
    manifest = json.loads((exported.bundle / "manifest.json").read_text())
    meaning = manifest["inputs"][0]
    q = np.load(exported.bundle / manifest["golden"][0]["inputs"][0]).astype(float)
    told = meaning["pixels"]
    pixels = (q - meaning["zero_point"]) * meaning["scale"] / told["pixel_scale"] + np.array(told["mean"])
    assert pixels.shape == tuple(meaning["shape"])
    assert pixels.min() > -2
    assert pixels.max() < 257
    back = np.round((np.clip(np.round(pixels), 0, 255) - told["mean"]) * told["pixel_scale"] / meaning["scale"])
    assert np.abs(np.clip(back + meaning["zero_point"], -128, 127) - q).max() <= 1


def test_the_manifest_tells_the_resize_that_the_clips_had(exported: pipeline.ExportResult) -> None:
    """A model of 64 pixels sees as much of the picture as one of 224: its clips were resized to 256 * 64 / 224."""
    pixels = json.loads((exported.bundle / "manifest.json").read_text())["inputs"][0]["pixels"]
    assert pixels["resize_shorter_side"] == 73
    assert pixels["crop"] == [64, 64]


def test_uint8_ends_and_paper_stride(tmp_path: Path) -> None:
    """The coral profile: raw unsigned frames in and out, one QUANTIZE at each end, none inside."""
    profile = load_profile("coral")
    few = ClipsProfile(clips=2)
    profile = profile.model_copy(update={"calibration": ClipsProfile(clips=4), "verification": few, "parity": LOOSE})
    options = {**SMALL, "stride": "paper", "width": "0.25"}
    spec = sources.resolve("eco-lite-4d-add", options=options, seed=3)
    result = pipeline.export(pipeline.ExportRequest(spec, profile, tmp_path / "out"))
    assert [g for g in result.report.failed_gates if "cosine" not in g.name] == []
    interpreter = Interpreter(str(tmp_path / "out" / "model_int8.tflite"), num_threads=1)
    assert interpreter.get_input_details()[0]["dtype"] == np.uint8
    assert interpreter.get_output_details()[0]["dtype"] == np.uint8
    assert [o["op_name"] for o in interpreter._get_ops_details()].count("QUANTIZE") == 2
