"""Masks, repetitions, resizes, products and pads against numpy, torch and ONNX Runtime."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest
from onnx import helper, numpy_helper
from tflite_graphs import Array, Build, built, interpreter, kinds, numbers, run

from edgeconv.core.errors import Refused
from edgeconv.tflite import Graph, write

SHAPE = (2, 3, 5, 4)
MASK = numbers(5, 1, seed=4) > 0


def check(build: Build, meant: Array, *given: Array, partitions: int = 1) -> Graph:
    graph = built(build, *(x.shape for x in given))
    assert graph.shape(graph.outputs[0]) == meant.shape
    for delegate in (False, True):
        np.testing.assert_allclose(run(graph, *given, delegate=delegate)[0], meant, rtol=1e-5, atol=1e-5)
    plan = [d["op_name"] for d in interpreter(write(graph, "case"), delegate=True)._get_ops_details()]
    assert plan.count("DELEGATE") == partitions
    return graph


# -- masks -------------------------------------------------------------------------------------------------


def test_where_of_two_computed_tensors_is_a_sum_of_products() -> None:
    x, y = numbers(*SHAPE), numbers(3, 5, 4, seed=1)
    graph = check(lambda b, p, q: b.where(MASK, p, q), np.where(MASK, x, y), x, y)
    assert kinds(graph) == ["MUL", "MUL", "ADD"]


@pytest.mark.parametrize(("value", "made"), [(0.0, ["MUL"]), (3.0, ["MUL", "ADD"])])
def test_where_with_a_constant(value: float, made: list[str]) -> None:
    x = numbers(*SHAPE)
    constant = np.array([value], np.float32)
    graph = check(lambda b, p: b.where(MASK, p, b.constant(constant)), np.where(MASK, x, value), x)
    assert kinds(graph) == made
    check(lambda b, p: b.where(MASK, b.constant(constant), p), np.where(MASK, value, x), x)


def test_where_with_an_infinite_constant_selects() -> None:
    x = numbers(*SHAPE)
    graph = built(lambda b, p: b.where(MASK, p, b.constant(np.array([-np.inf], np.float32))), SHAPE)
    assert kinds(graph) == ["SELECT_V2"]
    np.testing.assert_array_equal(run(graph, x)[0], np.where(MASK, x, np.float32(-np.inf)))


@pytest.mark.parametrize("chosen", [True, False])
def test_a_mask_of_one_kind(chosen: bool) -> None:
    x, y = numbers(*SHAPE), numbers(2, 1, 1, 4, seed=1)
    mask = np.full((3, 1, 1), chosen)
    check(lambda b, p, q: b.where(mask, p, q), np.broadcast_to(x if chosen else y, SHAPE), x, y)


def test_a_mask_that_picks_zeros_alone() -> None:
    x = numbers(*SHAPE)
    zero, one = np.zeros(1, np.float32), np.ones(1, np.float32)
    mask = np.ones((5, 1), bool)
    meant = np.concatenate([x, np.zeros((2, 3, 5, 1), np.float32)], 3)
    check(lambda b, p: b.concat([p, b.where(mask, b.constant(zero), b.expand(b.constant(one), (2, 3, 5, 1)))], 3),
          meant, x)  # fmt: skip


# -- repetitions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("have", [(2, 1, 5, 1), (1, 3, 1, 4), (1, 1, 1, 1), (2, 3, 1, 4)])
def test_expand(have: tuple[int, ...]) -> None:
    x = numbers(*have)
    graph = check(lambda b, p: b.expand(p, SHAPE), np.broadcast_to(x, SHAPE), x)
    assert kinds(graph) == ["MUL"]
    assert max(t.data.size for t in graph.tensors.values() if t.data is not None) <= np.prod(SHAPE) // np.prod(have)


def test_expand_to_what_it_is_does_nothing() -> None:
    graph = built(lambda b, p: b.unary("Tanh", b.expand(p, SHAPE), {}), SHAPE)
    assert kinds(graph) == ["TANH"]


# -- resizes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("coordinates", ["half_pixel", "align_corners", "asymmetric"])
@pytest.mark.parametrize("size", [(6, 10), (7, 3), (1, 13), (2, 9)])
def test_resize(coordinates: str, size: tuple[int, int]) -> None:
    x = numbers(*SHAPE)
    first = np.ascontiguousarray(x.transpose(0, 3, 1, 2))
    node = helper.make_node("Resize", ["x", "", "", "s"], ["y"], mode="linear",
                            coordinate_transformation_mode=coordinates)  # fmt: skip
    graph = helper.make_graph(
        [node],
        "resize",
        [helper.make_tensor_value_info("x", 1, first.shape)],
        [helper.make_tensor_value_info("y", 1, None)],
        [numpy_helper.from_array(np.array([2, 4, *size]), "s")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    (meant,) = onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": first})
    made = check(lambda b, p: b.resize2d(p, (2, *size, 4), coordinates), meant.transpose(0, 2, 3, 1), x)
    assert kinds(made) == ["RESIZE_BILINEAR"]


def test_other_coordinates_are_refused() -> None:
    with pytest.raises(Refused, match="tf_crop_and_resize") as refused:
        built(lambda b, x: b.resize2d(x, (2, 6, 6, 4), "tf_crop_and_resize"), SHAPE)
    assert "align_corners" in refused.value.remedy


# -- products ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("adjoint", [False, True])
@pytest.mark.parametrize("batch", [((2, 3), (2, 3)), ((2, 3), (1, 3)), ((2, 3), (3,)), ((1, 3), (2, 1)), ((), ())])
def test_matmul(batch: tuple[tuple[int, ...], tuple[int, ...]], adjoint: bool) -> None:
    x, y = numbers(*batch[0], 5, 4), numbers(*batch[1], *((6, 4) if adjoint else (4, 6)), seed=1)
    graph = check(lambda b, p, q: b.matmul(p, q, adjoint), x @ (y.swapaxes(-1, -2) if adjoint else y), x, y)
    assert kinds(graph) == ["BATCH_MATMUL"]


@pytest.mark.parametrize("adjoint", [False, True])
def test_a_constant_matrix_on_the_right_is_a_dense_layer(adjoint: bool) -> None:
    x, y = numbers(*SHAPE), numbers(1, *((6, 4) if adjoint else (4, 6)), seed=1)
    graph = check(lambda b, p: b.matmul(p, b.constant(y), adjoint), x @ (y.swapaxes(-1, -2) if adjoint else y), x)
    assert kinds(graph) == ["FULLY_CONNECTED"]


def test_constants_that_are_no_single_matrix_stay_a_product() -> None:
    x, y = numbers(*SHAPE), numbers(2, 1, 4, 6, seed=1)
    assert kinds(check(lambda b, p: b.matmul(p, b.constant(y)), x @ y, x)) == ["BATCH_MATMUL"]
    left = numbers(6, 5, seed=1)
    assert kinds(check(lambda b, p: b.matmul(b.constant(left), p), left @ x, x)) == ["BATCH_MATMUL"]


# -- pads --------------------------------------------------------------------------------------------------

WIDTHS = [(0, 0), (2, 1), (0, 3), (1, 0)]


def test_edges_are_repeated_rows() -> None:
    x = numbers(*SHAPE)
    made = kinds(check(lambda b, p: b.pad(p, WIDTHS, "edge", 0.0), np.pad(x, WIDTHS, mode="edge"), x))
    assert set(made) == {"STRIDED_SLICE", "CONCATENATION"}


@pytest.mark.parametrize(("wide", "made", "partitions"), [(2, "CONCATENATION", 1), (4, "MIRROR_PAD", 0)])
def test_reflections(wide: int, made: str, partitions: int) -> None:
    x, widths = numbers(*SHAPE), [(0, 0), (1, 0), (0, wide), (0, 0)]
    graph = check(lambda b, p: b.pad(p, widths, "reflect", 0.0), np.pad(x, widths, mode="reflect"), x,
                  partitions=partitions)  # fmt: skip
    assert kinds(graph)[-1] == made


@pytest.mark.parametrize(("value", "made"), [(0.0, {"PAD"}), (-1.5, {"CONCATENATION"})])
def test_constants(value: float, made: set[str]) -> None:
    x = numbers(*SHAPE)
    meant = np.pad(x, WIDTHS, constant_values=value)
    assert set(kinds(check(lambda b, p: b.pad(p, WIDTHS, "constant", value), meant, x))) == made


def test_large_constant_pads_take_no_weight() -> None:
    graph = built(lambda b, p: b.pad(p, [(0, 0), (0, 9999), (0, 0), (0, 0)], "constant", 1.0), SHAPE)
    assert kinds(graph) == ["PADV2"]
    assert graph.weight_bytes < 100


def test_other_pads_are_refused() -> None:
    with pytest.raises(Refused, match="'wrap'"):
        built(lambda b, p: b.pad(p, WIDTHS, "wrap", 0.0), SHAPE)


@pytest.mark.parametrize("count", [1, 2, 5, 6, 13, 31])
def test_any_number_of_tensors_is_joined(count: int) -> None:
    x = numbers(1, count, 2)
    meant = np.concatenate([x[:, i : i + 1] for i in reversed(range(count))], 1)
    graph = check(
        lambda b, p: b.concat([b.slice(p, (0, i, 0), (1, 1, 2)) for i in reversed(range(count))], 1), meant, x
    )
    assert max((len(op.inputs) for op in graph.ops if op.kind == "CONCATENATION"), default=0) <= 5
