"""Real runtimes in children: the same clips give the same numbers, and what they tell is true."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edgeconv.core.child import ChildDied
from edgeconv.lowering import OnnxBackend, graph_of, lower
from edgeconv.runtimes import (
    CompareRequest,
    Feed,
    Patch,
    RangesRequest,
    RunRequest,
    available,
    compare_tensors,
    count_partitions,
    run_model,
    tensor_ranges,
)
from edgeconv.tflite import Recipe, TfliteBackend, optimize, quantize, write

CLIPS, C, T, H, W = 3, 2, 4, 6, 5


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small Conv3d network as original ONNX, lowered ONNX, float and int8 TFLite, and three clips for it."""
    folder = tmp_path_factory.mktemp("runtimes")
    random = np.random.default_rng(5)
    weight = random.standard_normal((7, C, 3, 3, 3)).astype(np.float32)
    head = random.standard_normal((7, 4)).astype(np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["clip", "w"], ["y"], pads=[1, 1, 1, 1, 1, 1], kernel_shape=[3, 3, 3]),
            helper.make_node("Relu", ["y"], ["r"]),
            helper.make_node("GlobalAveragePool", ["r"], ["p"]),
            helper.make_node("Flatten", ["p"], ["f"]),
            helper.make_node("Gemm", ["f", "h"], ["logits"]),
        ],
        "g",
        [helper.make_tensor_value_info("clip", TensorProto.FLOAT, [1, C, T, H, W])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 4])],
        [numpy_helper.from_array(weight, "w"), numpy_helper.from_array(head, "h")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "original.onnx")
    channels_first = OnnxBackend(18)
    lower(graph_of(model), channels_first, {"clip": "NCTHW"})
    channels_first.save(folder / "lowered.onnx")
    backend = TfliteBackend()
    lower(graph_of(model), backend, {"clip": "NCTHW"})
    optimize(backend.graph)
    (folder / "float.tflite").write_bytes(write(backend.graph, "test"))
    # Later frames are brighter: a turned time axis would show.
    clips = random.standard_normal((CLIPS, 1, C, T, H, W)) + np.arange(T)[:, None, None]
    np.save(folder / "clips.npy", clips.astype(np.float32))
    found = tensor_ranges(RangesRequest(model=folder / "float.tflite", feeds=(_last(folder),))).value
    ranges = {n: (s.low, s.high) for n, s in found.stats.items()}
    (folder / "int8.tflite").write_bytes(write(quantize(backend.graph, ranges, Recipe()), "test"))
    return folder


def _whole(place: Path) -> Feed:
    return Feed(clips=place / "clips.npy", perm=(0, 1, 2, 3, 4), physical=(1, C, T, H, W))


def _first(place: Path) -> Feed:
    return Feed(clips=place / "clips.npy", perm=(0, 2, 1, 3, 4), physical=(T, C, H, W))


def _last(place: Path) -> Feed:
    return Feed(clips=place / "clips.npy", perm=(0, 2, 3, 4, 1), physical=(T, H, W, C))


def _run(place: Path, runtime: str, model: str, feed: Feed, **more: object) -> tuple[np.ndarray, object]:
    out = place / f"{runtime}-{model}.npy"
    request = RunRequest(
        runtime=runtime,
        model=place / model,
        feeds=(feed,),
        outputs=out,
        **more,  # type: ignore[arg-type]
    )
    measured = run_model(request).value
    return np.load(out), measured


@pytest.fixture(scope="module")
def expected(place: Path) -> np.ndarray:
    return _run(place, "onnxruntime", "original.onnx", _whole(place))[0]


def test_lowered_onnx_equals_the_original(place: Path, expected: np.ndarray) -> None:
    got, measured = _run(place, "onnxruntime", "lowered.onnx", _first(place))
    assert got.shape == expected.shape == (CLIPS, 1, 4)
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()
    assert len(measured.milliseconds) == CLIPS


@pytest.mark.parametrize("runtime", ["litert", "tflite-runtime", "tensorflow"])
def test_every_tflite_runtime_agrees_in_float_and_int8(place: Path, expected: np.ndarray, runtime: str) -> None:
    assert available(runtime)
    scale = np.abs(expected).max()
    got, _ = _run(place, runtime, "float.tflite", _last(place))
    assert np.abs(got.reshape(expected.shape) - expected).max() <= 1e-5 * scale
    raw = place / f"raw-{runtime}.npy"
    fed = place / f"fed-{runtime}.npy"
    got, measured = _run(place, runtime, "int8.tflite", _last(place), raw_outputs=raw, raw_inputs=fed)
    assert np.abs(got.reshape(expected.shape) - expected).max() <= 0.05 * scale
    assert np.load(raw).dtype == np.load(fed).dtype == np.int8
    assert len(measured.saturated) == CLIPS
    assert measured.version[0].isdigit()


def test_a_turned_time_axis_is_seen(place: Path, expected: np.ndarray) -> None:
    """The comparison above can fail: the same clips with time reversed give other numbers."""
    np.save(place / "turned.npy", np.load(place / "clips.npy")[:, :, :, ::-1])
    feed = _last(place).model_copy(update={"clips": place / "turned.npy"})
    got, _ = _run(place, "litert", "float.tflite", feed)
    assert np.abs(got.reshape(expected.shape) - expected).max() > 1e-2 * np.abs(expected).max()


def test_litert_delegates_and_its_own_kernels_do_not(place: Path) -> None:
    assert count_partitions(place / "int8.tflite").value.partitions == 1
    _, measured = _run(place, "litert", "int8.tflite", _last(place), delegate=False)
    assert measured.partitions == 0


def test_ranges_and_moments_are_those_of_numpy(place: Path) -> None:
    clips = np.load(place / "clips.npy")
    patches = {"op": Patch(tensor="clip/input")}
    found = tensor_ranges(
        RangesRequest(
            model=place / "float.tflite", feeds=(_last(place),), patches=patches, moments=place / "moments.npz"
        )
    ).value.stats["clip/input"]
    assert (found.low, found.high) == (clips.min(), clips.max())
    assert sum(found.counts) == clips.size
    with np.load(place / "moments.npz") as arrays:
        assert np.allclose(arrays["op|mean"], clips.mean((0, 1, 3, 4, 5)), rtol=1e-5)
        assert arrays["op|moments"].shape == (1, C, C)


def test_comparing_a_file_with_itself_finds_nothing(place: Path) -> None:
    def compared(candidate: str) -> dict[str, float]:
        request = CompareRequest(
            reference=place / "float.tflite", candidate=place / candidate, feeds=(_last(place),), clips=2
        )
        return {t.tensor: t.sqnr_db for t in compare_tensors(request).value.tensors}

    same, drifted = compared("float.tflite"), compared("int8.tflite")
    assert set(same.values()) == {300.0}
    assert list(same) == list(drifted)
    assert all(15 < db < 100 for db in drifted.values())


def test_the_fill_of_a_padded_max_pool_is_no_drift(tmp_path: Path) -> None:
    """Pads of a ResNet-stem pool hold the lowest float; they are no value of the network."""
    shape = (3, 2, 8, 10)
    graph = helper.make_graph(
        [helper.make_node("MaxPool", ["clip"], ["y"], kernel_shape=[3, 3], strides=[2, 2], pads=[1, 1, 1, 1])],
        "g",
        [helper.make_tensor_value_info("clip", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [3, 2, 4, 5])],
    )
    backend = TfliteBackend()
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    lower(graph_of(model), backend, {"clip": "NCHW"})
    clips = np.random.default_rng(1).standard_normal((2, *shape)).astype(np.float32)
    np.save(tmp_path / "clips.npy", clips)
    feed = Feed(clips=tmp_path / "clips.npy", perm=(0, 2, 3, 1), physical=(3, 8, 10, 2))
    (tmp_path / "float.tflite").write_bytes(write(backend.graph, "test"))
    stats = tensor_ranges(RangesRequest(model=tmp_path / "float.tflite", feeds=(feed,))).value.stats
    made = quantize(backend.graph, {n: (s.low, s.high) for n, s in stats.items()}, Recipe())
    (tmp_path / "int8.tflite").write_bytes(write(made, "test"))
    request = CompareRequest(reference=tmp_path / "float.tflite", candidate=tmp_path / "int8.tflite", feeds=(feed,))
    drift = {t.tensor: t.sqnr_db for t in compare_tensors(request).value.tensors}
    assert any("MAX_POOL_2D" in name for name in drift)
    assert all(30 < db < 100 for db in drift.values())


@pytest.mark.parametrize("runtime", ["onnxruntime", "litert", "tflite-runtime"])
def test_a_file_that_is_no_model_is_a_finding(place: Path, runtime: str) -> None:
    (place / "garbage").write_bytes(b"\x1c\0\0\0TFL3" + b"\xff" * 99)
    with pytest.raises(ChildDied, match=runtime):
        _run(place, runtime, "garbage", _last(place))
