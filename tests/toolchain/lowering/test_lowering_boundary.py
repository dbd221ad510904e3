"""How inputs and outputs lie in the file, and the two backends' ends."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from lowering_cases import Weights, check_both, check_onnx, emit, lower_onnx, lower_tflite, model, node, run_onnx

from edgeconv.core.errors import ModelError
from edgeconv.lowering import OnnxBackend, graph_of, lower

SIZES = {"N": 2, "C": 3, "T": 4, "H": 5, "W": 7}
w = Weights(2)


@pytest.mark.parametrize("layout", ["NCTHW", "NTCHW", "NTHWC", "NCHW", "NHWC", "CTHW", "TCHW", "WHTCN", "NCT", "NCW"])
def test_clips_enter_as_frames_in_any_layout(layout: str) -> None:
    """[N*T, C, H, W] and [N*T, H, W, C]; the source sees its own axes."""
    shape = tuple(SIZES[a] for a in layout)
    made = model([node("LeakyRelu", ["x"], ["y"])], {"x": shape}, ["y"])
    feeds = {"x": w.clip(*shape)}
    n, c, t, h, width = (SIZES[a] if a in layout else 1 for a in "NCTHW")
    forms = (lower_onnx(made, feeds, {"x": layout}), lower_tflite(made, feeds, {"x": layout}))
    for lowered, physical in zip(forms, ((n * t, c, h, width), (n * t, h, width, c)), strict=True):
        port = lowered.trace.inputs[0]
        assert (port.name, port.logical, port.physical) == ("x", shape, physical)
        assert sorted(port.perm) == list(range(len(shape)))
        np.testing.assert_array_equal(lowered.outputs[0], run_onnx(made, feeds)[0])


@pytest.mark.parametrize("layout", ["NCTHW", "NTCHW", "NTHWC"])
def test_a_network_that_turns_its_own_layout_first(layout: str) -> None:
    """Transpose to NCTHW, Conv: no data moves, whatever the source's layout."""
    shape = tuple(SIZES[a] for a in layout)
    perm = [layout.index(a) for a in "NCTHW"]
    nodes = [node("Transpose", ["x"], ["t"], perm=perm), node("Conv", ["t", "k"], ["c"], pads=[1, 1, 1] * 2),
             node("GlobalAveragePool", ["c"], ["g"]), node("Flatten", ["g"], ["y"])]  # fmt: skip
    for lowered in check_both(
        model(nodes, {"x": shape}, ["y"], {"k": w(6, 3, 3, 3, 3)}), {"x": w.clip(*shape)}, {"x": layout}
    ):
        assert lowered.moves == 0
        assert lowered.shapes == ((2, 6),)


def test_without_a_layout_the_first_axes_are_merged() -> None:
    shape = (2, 3, 4, 5, 7, 6)
    lowered = check_onnx(model([node("Relu", ["x"], ["y"])], {"x": shape}, ["y"]), {"x": w.clip(*shape)})
    assert lowered.trace.inputs[0].physical == (24, 5, 7, 6)
    small = check_onnx(model([node("Relu", ["x"], ["y"])], {"x": (2, 3)}, ["y"]), {"x": w.clip(2, 3)})
    assert small.trace.inputs[0].physical == (2, 3)


@pytest.mark.parametrize("layout", ["NCL", "NCXYZ", "NC"])
def test_a_layout_that_names_unknown_axes_changes_nothing(layout: str) -> None:
    shape = (2, 3, 7, 5, 4)[: len(layout)]
    check_both(model([node("Relu", ["x"], ["y"])], {"x": shape}, ["y"]), {"x": w.clip(*shape)}, {"x": layout})


def test_volumes_leave_as_they_lie_and_say_so() -> None:
    """A rank-5 output comes back as frames, with the permutation that restores it."""
    shape = (2, 3, 4, 5, 7)
    onnx_form, tflite_form = check_both(
        model([node("Relu", ["x"], ["y"])], {"x": shape}, ["y"]), {"x": w.clip(*shape)}, {"x": "NCTHW"}
    )
    assert onnx_form.trace.outputs[0].perm == (0, 2, 1, 3, 4)
    assert tflite_form.trace.outputs[0].perm == (0, 2, 3, 4, 1)
    assert (onnx_form.shapes, tflite_form.shapes) == (((8, 3, 5, 7),), ((8, 5, 7, 3),))
    assert onnx_form.moves == tflite_form.moves == 0


def test_a_volume_whose_axes_are_torn_apart_leaves_in_logical_order() -> None:
    """Reshape splits the channels around time: no order of whole axes exists, so it is one flat row."""
    nodes = [node("Reshape", ["x", "s"], ["a"]), node("Transpose", ["a"], ["b"], perm=[0, 2, 4, 1, 3, 5]),
             node("Reshape", ["b", "r"], ["c"]), node("Relu", ["x"], ["d"])]  # fmt: skip
    made = model(
        nodes, {"x": (2, 6, 4, 5, 7)}, ["c", "d"], {"s": np.array([2, 2, 3, 4, 5, 7]), "r": np.array([2, 3, 5, 8, 7])}
    )
    check_both(made, {"x": w.clip(2, 6, 4, 5, 7)}, {"x": "NCTHW"})


def test_small_outputs_keep_their_shape() -> None:
    nodes = [node("ReduceMean", ["x", "a"], ["y"], keepdims=0)]
    made = model(nodes, {"x": (2, 3, 4, 5, 7)}, ["y"], {"a": np.array([2, 3, 4])})
    for lowered in check_both(made, {"x": w.clip(2, 3, 4, 5, 7)}, {"x": "NCTHW"}):
        assert lowered.shapes == ((2, 3),)
        assert lowered.trace.outputs[0].perm == (0, 1)


def test_several_inputs_and_outputs_keep_names_and_order() -> None:
    inputs = {"late": (2, 3), "early": (2, 3, 4, 5, 7), "mask": (1, 3, 1, 1, 1)}
    nodes = [node("Mul", ["early", "mask"], ["m"]), node("Relu", ["late"], ["r"])]
    made = model(nodes, inputs, ["r", "m"])
    for lowered in check_both(made, {n: w.clip(*s) for n, s in inputs.items()}, {"early": "NCTHW"}):
        assert [p.name for p in lowered.trace.inputs] == list(inputs)
        assert [p.name for p in lowered.trace.outputs] == ["r", "m"]


def test_an_input_that_is_an_output_and_one_tensor_under_two_names() -> None:
    nodes = [node("Identity", ["x"], ["same"]), node("Relu", ["x"], ["r"]), node("Identity", ["r"], ["again"])]
    made = model(nodes, {"x": (2, 3, 5)}, ["same", "r", "again"])
    check_both(made, {"x": w.clip(2, 3, 5)})


def test_an_input_that_nothing_reads() -> None:
    made = model([node("Relu", ["x"], ["y"])], {"x": (2, 3), "idle": (4, 5)}, ["y"])
    check_both(made, {"x": w.clip(2, 3), "idle": w.clip(4, 5)})


def test_half_and_double_models_keep_their_type_in_onnx_and_are_refused_for_tflite() -> None:
    for dtype in ("float16", "float64"):
        h = Weights(3, dtype)
        made = model([node("Conv", ["x", "k"], ["a"], pads=[1] * 6), node("Clip", ["a", "", "m"], ["y"])],
                     {"x": (1, 2, 3, 4, 5)}, ["y"], {"k": h(2, 2, 3, 3, 3), "m": np.array(0.5, dtype)},
                     dtype=dtype)  # fmt: skip
        backend = OnnxBackend(18)
        lower(graph_of(made), backend, {"x": "NCTHW"})
        lowered = onnx.shape_inference.infer_shapes(backend.model(), check_type=True, strict_mode=True)
        assert {v.type.tensor_type.elem_type for v in (*lowered.graph.input, *lowered.graph.output)} == {
            made.graph.input[0].type.tensor_type.elem_type
        }
        with pytest.raises(ModelError, match=f"input 'x' is {dtype}"):
            emit(made, {})


def test_opsets_of_the_delivered_file() -> None:
    """Reductions carry their axes as an attribute before opset 18."""
    made = model([node("ReduceMax", ["x", "a"], ["y"])], {"x": (2, 3, 5)}, ["y"], {"a": np.array([1])})
    feeds = {"x": w.clip(2, 3, 5)}
    for opset in (13, 17, 18, 21):
        np.testing.assert_array_equal(lower_onnx(made, feeds, {}, opset).outputs[0], run_onnx(made, feeds)[0])


def test_the_saved_file_is_deterministic(tmp_path: object) -> None:
    made = model(
        [node("Conv", ["x", "k"], ["y"], pads=[1] * 6)], {"x": (1, 2, 3, 4, 5)}, ["y"], {"k": w(2, 2, 3, 3, 3)}
    )
    files = []
    for name in ("a.onnx", "b.onnx"):
        backend = OnnxBackend(18)
        lower(graph_of(made), backend, {"x": "NCTHW"})
        path = tmp_path / name  # type: ignore[operator]
        backend.save(path)
        files.append(path.read_bytes())
    assert files[0] == files[1]


def test_an_input_may_be_an_output_as_it_is() -> None:
    """A recurrent network hands its state through."""
    made = model([node("Relu", ["x"], ["y"])], {"x": (2, 3, 4, 5, 7)}, ["y", "x"])
    feeds = {"x": w.clip(2, 3, 4, 5, 7)}
    check_both(made, feeds, {"x": "NCTHW"})
