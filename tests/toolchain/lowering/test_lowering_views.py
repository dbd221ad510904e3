"""Views cost nothing until an operator asks, and then the numbers are right."""

from __future__ import annotations

import math

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import Node, Weights, check_both, draws, everywhere, logical, model, node, reasons, run_onnx

from edgeconv.lowering import OnnxBackend, graph_of, lower

CLIP = {"x": "NCTHW"}
SHAPE = (2, 3, 4, 5, 7)


def chain(nodes: list[Node], shape: tuple[int, ...], weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The nodes in a row, each reading what the one before wrote, from x to y."""
    for i, made in enumerate(nodes):
        made.input[0] = "x" if i == 0 else f"v{i - 1}"
        made.output[0] = "y" if i == len(nodes) - 1 else f"v{i}"
    return model(nodes, {"x": shape}, ["y"], weights)


@draws(100)
@given(st.data())
def test_any_chain_of_views_with_operators_between(data: st.DataObject) -> None:
    """Up to rank eight inside; operators that want an order of their own come at random."""
    shape = start = tuple(data.draw(st.permutations([2, 3, 4, 5, 1]))[: data.draw(st.integers(1, 5))])
    nodes, weights = [], {}
    for i in range(data.draw(st.integers(1, 7))):
        kind = data.draw(st.sampled_from(["reshape", "transpose", "squeeze", "unsqueeze", "flatten", "relu", "reduce"]))
        name = f"c{i}"
        if kind == "reshape":
            wanted: list[int] = []
            rest = math.prod(shape)
            while rest > 1 and len(wanted) < 7:
                wanted.append(data.draw(st.sampled_from([d for d in range(1, rest + 1) if rest % d == 0])))
                rest //= wanted[-1]
            shape = (*wanted, rest)
            hidden = list(shape)
            if data.draw(st.booleans()):
                hidden[data.draw(st.integers(0, len(shape) - 1))] = -1
            weights[name] = np.array(hidden)
            nodes.append(node("Reshape", ["", name], [""]))
        elif kind == "transpose":
            perm = data.draw(st.permutations(range(len(shape))))
            shape = tuple(shape[p] for p in perm)
            nodes.append(node("Transpose", [""], [""], perm=perm))
        elif kind == "squeeze" and 1 in shape:
            at = shape.index(1)
            shape = shape[:at] + shape[at + 1 :]
            weights[name] = np.array([at - (len(shape) + 1 if data.draw(st.booleans()) else 0)])
            nodes.append(node("Squeeze", ["", name], [""]))
        elif kind == "unsqueeze" and len(shape) < 7:
            at = data.draw(st.integers(0, len(shape)))
            weights[name] = np.array([at - (len(shape) + 1 if data.draw(st.booleans()) else 0)])
            shape = (*shape[:at], 1, *shape[at:])
            nodes.append(node("Unsqueeze", ["", name], [""]))
        elif kind == "flatten":
            axis = data.draw(st.integers(0, len(shape)))
            shape = (math.prod(shape[:axis]), math.prod(shape[axis:]))
            nodes.append(node("Flatten", [""], [""], axis=axis))
        elif kind == "reduce" and shape:
            axis = data.draw(st.integers(0, len(shape) - 1))
            shape = (*shape[:axis], 1, *shape[axis + 1 :])
            weights[name] = np.array([axis])
            nodes.append(node("ReduceSum", ["", name], [""]))
        else:
            nodes.append(node("LeakyRelu", [""], [""]))
    check_both(chain(nodes, start, weights), {"x": Weights(2).clip(*start)}, CLIP if len(start) == 5 else {})


def test_views_alone_emit_no_operator() -> None:
    nodes = [
        node("Transpose", [""], [""], perm=[0, 2, 1, 3, 4]),
        node("Reshape", ["", "a"], [""]),
        node("Relu", [""], [""]),
        node("Reshape", ["", "b"], [""]),
        node("Transpose", [""], [""], perm=[0, 2, 1, 3, 4]),
    ]
    made = chain(nodes, SHAPE, {"a": np.array([8, 3, 5, 7]), "b": np.array([2, 4, 3, 5, 7])})
    onnx_form, tflite_form = check_both(made, {"x": Weights().clip(*SHAPE)}, CLIP)
    assert onnx_form.ops == {"Relu": 1, "Identity": 1}
    assert tflite_form.ops == {"RELU": 1}


@pytest.mark.parametrize("perm", [[4, 2, 0, 3, 1], [1, 0, 4, 3, 2]])
def test_a_permutation_that_must_move_everything(perm: list[int]) -> None:
    """Five blocks, asked for in logical order by a Gemm on the flattened result: several transposes of rank 4."""
    w = Weights()
    nodes = [node("Transpose", [""], [""], perm=perm), node("Flatten", [""], [""], axis=0),
             node("Slice", ["", "s", "e", "one"], [""])]  # fmt: skip
    weights = {"s": np.array([17]), "e": np.array([801]), "one": np.array([1])}
    for lowered in check_both(chain(nodes, SHAPE, weights), {"x": w.clip(*SHAPE)}, CLIP):
        assert 0 < lowered.moves <= 3
        assert all("×" in t for t in lowered.trace.transposes)


def test_window_partition_and_back() -> None:
    """Rank 8, as in Swin: windows, attention-like work in them, and back."""
    nodes = [
        node("Reshape", ["", "split"], [""]),
        node("Transpose", [""], [""], perm=[0, 1, 3, 5, 2, 4, 6, 7]),
        node("Reshape", ["", "rows"], [""]),
        node("MatMul", ["", "w"], [""]),
        node("Reshape", ["", "open"], [""]),
        node("Transpose", [""], [""], perm=[0, 1, 4, 2, 5, 3, 6, 7]),
        node("Reshape", ["", "merge"], [""]),
    ]
    shape = (2, 4, 6, 8, 5)
    weights = {
        "split": np.array([2, 2, 2, 3, 2, 2, 4, 5]), "rows": np.array([24, 16, 5]), "w": Weights()(5, 5),
        "open": np.array([2, 2, 3, 2, 2, 2, 4, 5]), "merge": np.array([2, 4, 6, 8, 5]),
    }  # fmt: skip
    check_both(chain(nodes, shape, weights), {"x": Weights().clip(*shape)}, {"x": "NTHWC"})


def test_old_opsets_carry_axes_as_attributes() -> None:
    nodes = [
        node("Unsqueeze", ["x"], ["a"], axes=[0, 2]),
        node("Squeeze", ["a"], ["b"], axes=[0]),
        node("Relu", ["b"], ["y"]),
    ]
    check_both(model(nodes, {"x": (2, 3)}, ["y"], opset=11), {"x": Weights().clip(2, 3)})
    nodes = [node("Reshape", ["x"], ["r"], shape=[0, -1]), node("Concat", ["r", "r"], ["y"])]
    x = Weights().clip(2, 3, 4)
    twice = np.concatenate([x.reshape(2, 12)] * 2, 1)
    check_both(model(nodes, {"x": (2, 3, 4)}, ["y"], opset=3), {"x": x}, {}, [twice])


def test_zero_copies_a_size_and_allowzero_does_not() -> None:
    made = model([node("Reshape", ["x", "s"], ["y"])], {"x": (2, 3, 4)}, ["y"], {"s": np.array([0, -1])})
    check_both(made, {"x": Weights().clip(2, 3, 4)})


def test_squeeze_without_axes_drops_every_one() -> None:
    made = model([node("Squeeze", ["x"], ["y"])], {"x": (1, 3, 1, 4, 1)}, ["y"])
    onnx_form, _ = check_both(made, {"x": Weights().clip(1, 3, 1, 4, 1)})
    assert onnx_form.outputs[0].shape == (3, 4)


def test_transpose_without_perm_reverses() -> None:
    made = model([node("Transpose", ["x"], ["y"])], {"x": (2, 3, 4)}, ["y"])
    check_both(made, {"x": Weights().clip(2, 3, 4)})


def test_refusals() -> None:
    shape = model([node("Reshape", ["x", "s"], ["y"])], {"x": (2, 3), "s": (1,)}, ["y"])
    shape.graph.input[1].type.tensor_type.elem_type = 7
    assert "its shape is computed at run time (make the shape a constant before export)" in reasons(shape)[0]
    wide = model([node("Squeeze", ["x", "a"], ["y"])], {"x": (2, 3)}, ["y"], {"a": np.array([1])})
    assert "axes [1] of [2, 3] are not all 1" in reasons(wide)[0]


def test_shape_arithmetic_of_exporters_is_folded() -> None:
    """Shape of a computed tensor, Gather, Unsqueeze, Concat, Reshape: what view(x.size(0), -1) becomes."""
    nodes = [
        node("Relu", ["x"], ["a"]),
        node("Shape", ["a"], ["s"]),
        node("Gather", ["s", "zero"], ["n"]),
        node("Unsqueeze", ["n", "axis"], ["u"]),
        node("Concat", ["u", "rest"], ["t"], axis=0),
        node("Reshape", ["a", "t"], ["y"]),
    ]
    weights = {"zero": np.array(0), "axis": np.array([0]), "rest": np.array([-1])}
    check_both(model(nodes, {"x": (2, 3, 4)}, ["y"], weights), {"x": Weights().clip(2, 3, 4)})


def test_shape_arithmetic_with_products_is_folded() -> None:
    """x.view(x.size(0) * x.size(1), -1) of a tensor in the middle."""
    nodes = [
        node("Relu", ["x"], ["a"]),
        node("Shape", ["a"], ["s"]),
        node("Gather", ["s", "zero"], ["n"]),
        node("Gather", ["s", "one"], ["m"]),
        node("Mul", ["n", "m"], ["nm"]),
        node("Cast", ["nm"], ["i"], to=7),
        node("Unsqueeze", ["i", "axis"], ["u"]),
        node("Concat", ["u", "rest"], ["t"], axis=0),
        node("Reshape", ["a", "t"], ["y"]),
    ]
    weights = {"zero": np.array(0), "one": np.array(1), "axis": np.array([0]), "rest": np.array([-1])}
    check_both(model(nodes, {"x": (2, 3, 4)}, ["y"], weights), {"x": Weights().clip(2, 3, 4)})


def test_shape_arithmetic_that_cannot_be_folded_is_refused() -> None:
    made = model([node("Range", ["x", "l", "d"], ["r"]), node("Relu", ["r"], ["y"])],
                 {"x": ()}, ["y"], {"l": np.float32(5), "d": np.float32(1)})  # fmt: skip
    assert "it depends on run-time data (export with static shapes)" in reasons(made)[0]


# -- blocks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["DCR", "CRD"])
def test_depth_to_space(mode: str) -> None:
    onnx_form, tflite_form = everywhere([node("DepthToSpace", ["x"], ["y"], blocksize=2, mode=mode)],
                                        {"x": (2, 12, 5, 7)})  # fmt: skip
    # Five blocks change places: two transposes of rank 4, none more.
    assert onnx_form.moves == tflite_form.moves == 2


def test_space_to_depth() -> None:
    everywhere([node("SpaceToDepth", ["x"], ["y"], blocksize=3)], {"x": (2, 5, 6, 9)})


def test_space_to_depth_with_the_channel_in_front() -> None:
    """Mode CRD came with opset 28: the definition is the judge."""
    made = model([node("SpaceToDepth", ["x"], ["y"], blocksize=2)], {"x": (2, 3, 4, 6)}, ["y"])
    made.graph.node[0].attribute.append(onnx.helper.make_attribute("mode", "CRD"))
    x = Weights().clip(2, 3, 4, 6)
    want = x.reshape(2, 3, 2, 2, 3, 2).transpose(0, 1, 3, 5, 2, 4).reshape(2, 12, 2, 3)
    graph = graph_of(made)
    backend = OnnxBackend(18)
    trace = lower(graph, backend)
    (got,) = run_onnx(backend.model(), {"x": x})
    np.testing.assert_array_equal(logical(got, trace.outputs[0]), want)


@pytest.mark.parametrize(("mode", "onnx_moves", "tflite_moves"), [("CRD", 2, 2), ("DCR", 2, 1)])
def test_pixel_shuffle_between_convolutions(mode: str, onnx_moves: int, tflite_moves: int) -> None:
    w = Weights()
    nodes = [node("Conv", ["x", "a"], ["c"]), node("DepthToSpace", ["c"], ["d"], blocksize=2, mode=mode),
             node("Conv", ["d", "b"], ["y"])]  # fmt: skip
    weights = {"a": w(8, 3, 3, 3), "b": w(4, 2, 1, 1)}
    onnx_form, tflite_form = everywhere(nodes, {"x": (2, 3, 5, 7)}, weights, {"x": "NCHW"})
    assert onnx_form.moves == onnx_moves
    assert tflite_form.moves == tflite_moves
