"""Positions picked and overwritten by constant indices; copies along axes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import Array, Weights, check_both, draws, everywhere, model, node, reasons, single

CLIP = {"x": "NCTHW"}
SHAPE = (2, 3, 4, 5, 7)
w = Weights(8)

# -- Gather ----------------------------------------------------------------------------------------------


@draws(60)
@given(st.data())
def test_gathers_after_any_transpose(data: st.DataObject) -> None:
    shape = tuple(data.draw(st.permutations(SHAPE))[: data.draw(st.integers(1, 5))])
    perm = data.draw(st.permutations(range(len(shape))))
    axis = data.draw(st.integers(0, len(shape) - 1))
    size = shape[perm[axis]]
    like = data.draw(st.sampled_from([(), (1,), (2,), (3,), (6,), (2, 3), (2, 1, 2)]))
    count = int(np.prod(like))
    indices = np.array(data.draw(st.lists(st.integers(-size, size - 1), min_size=count, max_size=count))).reshape(like)
    nodes = [node("Transpose", ["x"], ["t"], perm=perm), node("Gather", ["t", "i"], ["y"], axis=axis - len(shape))]
    check_both(model(nodes, {"x": shape}, ["y"], {"i": indices}), {"x": Weights(1).clip(*shape)})


@pytest.mark.parametrize(
    ("indices", "slices", "concats"),
    [
        ([2], 1, 0), ([1, 2, 3], 1, 0), ([0, 1, 2, 3], 0, 0), ([1, 3], 1, 0), ([3, 0, 2], 3, 1), ([0, 0, 0], 1, 1),
        ([0, 0, 1, 1, 2, 2, 3, 3], 0, 1), ([2, 3, 0, 1], 2, 1),
    ],
)  # fmt: skip
def test_as_few_operators_as_the_indices_need(indices: list[int], slices: int, concats: int) -> None:
    weights = {"i": np.array(indices)}
    onnx_form, tflite_form = everywhere([node("Gather", ["x", "i"], ["y"], axis=2)], {"x": SHAPE}, weights, CLIP)
    assert (onnx_form.ops["Slice"], onnx_form.ops["Concat"]) == (slices, concats)
    assert tflite_form.ops["STRIDED_SLICE"] == slices
    assert onnx_form.moves == tflite_form.moves == 0


def test_slow_pathway_of_slowfast() -> None:
    """torch.linspace over the frames, truncated: neither a run nor evenly spaced."""
    frames = np.linspace(0, 31, 8).astype(np.int64)
    onnx_form, _ = everywhere([node("Gather", ["x", "i"], ["y"], axis=2)], {"x": (1, 3, 32, 2, 5)}, {"i": frames}, CLIP)
    assert onnx_form.moves == 0
    assert onnx_form.ops["Concat"] == 1


@pytest.mark.parametrize("k", [1, 2, 3])
def test_gather_nd(k: int) -> None:
    places = np.random.default_rng(k).integers(0, 2, (3, 2, k)) - (np.arange(2).reshape(1, 2, 1) > 0)
    everywhere([node("GatherND", ["x", "i"], ["y"])], {"x": (2, 3, 4, 5)}, {"i": places})


@pytest.mark.parametrize("batch", [1, 2])
def test_gather_nd_of_every_batch(batch: int) -> None:
    """The same places in every row: what is left is a Gather; others go row by row."""
    shape = (2, 3, 4, 5)
    places = np.random.default_rng(batch).integers(0, 4, (*shape[:batch], 2, 1))
    places %= shape[batch]
    everywhere([node("GatherND", ["x", "i"], ["y"], batch_dims=batch)], {"x": shape}, {"i": places})


def test_gather_elements() -> None:
    for axis in (0, 1, -1):
        shape = (3, 4, 2)
        places = np.random.default_rng(3).integers(-2, 2, (3, 4, 2))
        everywhere([node("GatherElements", ["x", "i"], ["y"], axis=axis)], {"x": shape}, {"i": places})


# -- ScatterND -------------------------------------------------------------------------------------------


def places_of(shape: tuple[int, ...], *index: slice | int) -> Array:
    """Indices of x[index], one row per element, as exporters write them."""
    picked = np.arange(int(np.prod(shape))).reshape(shape)[index]
    return np.stack(np.unravel_index(picked, shape), -1)


def test_a_range_overwritten_as_the_dynamo_exporter_writes_it() -> None:
    """x[:, :, 1:] += y: the range is moved to the front, added to, scattered, and moved back."""
    nodes = [
        node("Slice", ["x", "one", "end", "two"], ["s"]),
        node("Add", ["s", "y0"], ["a"]),
        node("Transpose", ["x"], ["xt"], perm=[2, 1, 0, 3]),
        node("Transpose", ["a"], ["at"], perm=[2, 1, 0, 3]),
        node("ScatterND", ["xt", "rows", "at"], ["z"]),
        node("Transpose", ["z"], ["y"], perm=[2, 1, 0, 3]),
    ]
    weights = {"one": np.array([1]), "end": np.array([99]), "two": np.array([2]), "rows": np.arange(1, 7)[:, None]}
    shapes = {"x": (2, 3, 7, 5), "y0": (2, 3, 6, 5)}
    onnx_form, tflite_form = everywhere(nodes, shapes, weights)
    for lowered in (onnx_form, tflite_form):
        assert lowered.moves == 0
        assert lowered.ops["Concat"] + lowered.ops["CONCATENATION"] == 1
    assert onnx_form.ops["Slice"] == 2  # the range, and the row that is kept


@draws(40)
@given(st.data())
def test_any_rows_overwritten(data: st.DataObject) -> None:
    shape = (4, 3, 5)
    k = data.draw(st.integers(1, 3))
    count = int(np.prod(shape[:k]))
    chosen = data.draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=min(8, count), unique=True))
    places = np.stack(np.unravel_index(chosen, shape[:k]), -1) - (
        np.array(shape[:k]) if data.draw(st.booleans()) else 0
    )
    perm = data.draw(st.permutations(range(3)))
    start = tuple(shape[perm.index(i)] for i in range(3))
    reduction = data.draw(st.sampled_from(["none", "none", "add", "mul", "max", "min"]))
    nodes = [node("Transpose", ["x"], ["t"], perm=perm),
             node("ScatterND", ["t", "i", "u"], ["y"], reduction=reduction)]  # fmt: skip
    shapes = {"x": start, "u": (len(chosen), *shape[k:])}
    made = model(nodes, shapes, ["y"], {"i": places})
    numbers = Weights(2)
    check_both(made, {n: numbers.clip(*s) for n, s in shapes.items()})


def test_everything_overwritten_is_a_permutation_of_the_updates() -> None:
    places = np.array([[2], [0], [1]])
    onnx_form, _ = everywhere([node("ScatterND", ["x", "i", "u"], ["y"])], {"x": (3, 5), "u": (3, 5)}, {"i": places})
    assert onnx_form.ops["Slice"] <= 3


def test_of_equal_places_the_last_wins() -> None:
    """ONNX forbids them; runtimes go through the updates in order."""
    places = np.array([[2], [0], [2]])
    everywhere([node("ScatterND", ["x", "i", "u"], ["y"])], {"x": (4, 5), "u": (3, 5)}, {"i": places})


def test_a_window_inside_is_overwritten() -> None:
    shape = (2, 6, 5)
    places = places_of(shape, slice(None), slice(2, 4), slice(1, 3))
    everywhere([node("ScatterND", ["x", "i", "u"], ["y"])], {"x": shape, "u": (2, 2, 2)}, {"i": places})


def test_constant_updates_and_constant_data() -> None:
    places = np.array([[1], [2]])
    everywhere([node("ScatterND", ["x", "i", "u"], ["y"])], {"x": (4, 5)}, {"i": places, "u": w(2, 5)})
    everywhere([node("ScatterND", ["d", "i", "u"], ["y"])], {"u": (2, 5)}, {"d": w(4, 5), "i": places})


def test_scatter_elements() -> None:
    places = np.array([[1, 0, 2], [3, 2, 0]])
    for name, opset in (("ScatterElements", 18), ("Scatter", 10)):
        how = node(name, ["x", "i", "u"], ["y"], axis=0)
        everywhere([how], {"x": (4, 3), "u": (2, 3)}, {"i": places}, opset=opset, double=opset > 10)


# -- Tile, Expand ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("repeats", [(1, 1, 1, 1, 1), (1, 1, 3, 1, 1), (2, 1, 1, 1, 2), (1, 2, 2, 2, 1)])
def test_tiles(repeats: tuple[int, ...]) -> None:
    onnx_form, _ = everywhere([node("Tile", ["x", "r"], ["t"]), node("Relu", ["t"], ["y"])], {"x": SHAPE},
                              {"r": np.array(repeats)}, CLIP)  # fmt: skip
    assert onnx_form.ops["Concat"] == sum(r > 1 for r in repeats)
    assert onnx_form.moves == 0


@pytest.mark.parametrize(
    ("start", "shape"),
    [
        ((2, 3, 1, 1, 1), (2, 3, 4, 5, 7)), ((3, 1, 1), (2, 3, 4, 5)), ((1, 3, 1, 5, 1), (2, 3, 4, 5, 7)),
        ((1,), (3, 4)), ((2, 3, 4), (2, 3, 4)), ((2, 3), (1, 1)), ((2, 1, 4, 1, 7), (3, 1, 5, 1)),
    ],
)  # fmt: skip
def test_expands(start: tuple[int, ...], shape: tuple[int, ...]) -> None:
    nodes = [node("Expand", ["x", "s"], ["e"]), node("Relu", ["e"], ["y"])]
    everywhere(nodes, {"x": start}, {"s": np.array(shape)}, CLIP if len(start) == 5 else {})


def test_a_class_token_is_repeated_over_the_batch() -> None:
    nodes = [node("Expand", ["token", "s"], ["e"]), node("Concat", ["e", "x"], ["y"], axis=1)]
    onnx_form, _ = everywhere(nodes, {"x": (2, 7, 6)}, {"token": w(1, 1, 6), "s": np.array([2, 1, 6])})
    assert onnx_form.ops == {"Concat": 1, "Identity": 1}


# -- refusals --------------------------------------------------------------------------------------------


def test_refusals() -> None:
    many, _ = single("Gather", (200, 2), {"i": np.array([*range(0, 130, 2), 5])})
    assert "66 scattered indices" in reasons(many)[0]
    late = model([node("Gather", ["x", "i"], ["y"])], {"x": (4, 6), "i": (1,)}, ["y"])
    late.graph.input[1].type.tensor_type.elem_type = 7
    assert "its indices is computed at run time" in reasons(late)[0]
    twice = model([node("ScatterND", ["x", "i", "u"], ["y"], reduction="add")], {"x": (4, 5), "u": (2, 5)}, ["y"],
                  {"i": np.array([[1], [1]])})  # fmt: skip
    assert "the same place twice" in reasons(twice)[0]
    scattered = model([node("ScatterND", ["x", "i", "u"], ["y"])], {"x": (200, 2), "u": (70, 2)}, ["y"],
                      {"i": np.arange(0, 140, 2)[:, None]})  # fmt: skip
    assert "scattered runs" in reasons(scattered)[0]
