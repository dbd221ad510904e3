"""Slice, Split, Gather, Concat and Pad on any axes, after any transpose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import Weights, check_both, draws, everywhere, model, node, reasons, single

CLIP = {"x": "NCTHW"}
SHAPE = (2, 3, 4, 5, 7)
AXES = [2, 3, 4, 5, 1]


def turned(data: st.DataObject, low: int = 1) -> tuple[tuple[int, ...], list[int], tuple[int, ...]]:
    """An input shape, a permutation, and the shape behind it."""
    shape = tuple(data.draw(st.permutations(AXES))[: data.draw(st.integers(low, 5))])
    perm = data.draw(st.permutations(range(len(shape))))
    return shape, perm, tuple(shape[p] for p in perm)


@draws(80)
@given(st.data())
def test_slices_with_any_bounds_and_steps(data: st.DataObject) -> None:
    shape, perm, seen = turned(data)
    axes = data.draw(st.lists(st.integers(0, len(seen) - 1), min_size=1, unique=True))
    starts, ends, steps = [], [], []
    for axis in axes:
        size = seen[axis]
        start = data.draw(st.integers(0, size - 1))
        end = data.draw(st.integers(start + 1, size + 2))
        starts.append(start - size if data.draw(st.booleans()) else start)
        ends.append(end - size if end < size and data.draw(st.booleans()) else end)
        steps.append(data.draw(st.integers(1, 3)))
        if data.draw(st.integers(0, 3)) == 0:  # backwards, down to before the first
            starts[-1], ends[-1], steps[-1] = data.draw(st.sampled_from([size - 1, -1, 99])), -99, -steps[-1]
    given_axes = [a - len(seen) if data.draw(st.booleans()) else a for a in axes]
    nodes = [node("Transpose", ["x"], ["t"], perm=perm), node("Slice", ["t", "s", "e", "a", "d"], ["y"])]
    weights = {k: np.array(v) for k, v in zip("sead", (starts, ends, given_axes, steps), strict=True)}
    check_both(model(nodes, {"x": shape}, ["y"], weights), {"x": Weights(1).clip(*shape)})


@draws(60)
@given(st.data())
def test_concats_of_values_that_lie_differently(data: st.DataObject) -> None:
    """Two to four operands, each behind its own transpose, some of them constant, some twice."""
    rank = data.draw(st.integers(1, 5))
    base = data.draw(st.permutations(AXES))[:rank]
    axis = data.draw(st.integers(0, rank - 1))
    nodes, inputs, weights, names = [], {}, {}, []
    w = Weights(3)
    for i in range(data.draw(st.integers(2, 4))):
        shape = [data.draw(st.sampled_from([1, 2, 3, 6])) if a == axis else s for a, s in enumerate(base)]
        if i and data.draw(st.integers(0, 3)) == 0:
            weights[f"k{i}"] = w(*shape)
            names.append(f"k{i}")
            continue
        perm = data.draw(st.permutations(range(rank)))
        inputs[f"x{i}"] = [shape[perm.index(a)] for a in range(rank)]
        nodes.append(node("Transpose", [f"x{i}"], [f"t{i}"], perm=perm))
        names += [f"t{i}"] * data.draw(st.integers(1, 2))
    nodes.append(node("Concat", names, ["y"], axis=axis - data.draw(st.sampled_from([0, rank]))))
    made = model(nodes, inputs, ["y"], weights)
    check_both(made, {n: w.clip(*s) for n, s in inputs.items()})


@draws(60)
@given(st.data())
def test_pads_on_any_axes(data: st.DataObject) -> None:
    shape, perm, seen = turned(data)
    rank = len(seen)
    mode = data.draw(st.sampled_from(["constant", "constant", "reflect", "edge"]))
    limits = [s - 1 if mode == "reflect" else 3 for s in seen]
    pads = [data.draw(st.integers(0, limits[i % rank])) for i in range(2 * rank)]
    weights = {"p": np.array(pads)}
    if mode == "constant" and data.draw(st.booleans()):
        weights["v"] = np.array(data.draw(st.sampled_from([-2.5, 1.5])), np.float32)
    nodes = [node("Transpose", ["x"], ["t"], perm=perm), node("Pad", ["t", *weights], ["y"], mode=mode)]
    check_both(model(nodes, {"x": shape}, ["y"], weights), {"x": Weights(1).clip(*shape)})


@draws(30)
@given(st.data())
def test_splits(data: st.DataObject) -> None:
    shape, perm, seen = turned(data)
    axis = max(range(len(seen)), key=lambda a: seen[a])
    sizes, rest = [], seen[axis]
    while rest and len(sizes) < 3:
        sizes.append(data.draw(st.integers(1, rest)))
        rest -= sizes[-1]
    sizes += [rest] if rest else []
    names = [f"s{i}" for i in range(len(sizes))]
    nodes = [
        node("Transpose", ["x"], ["t"], perm=perm),
        node("Split", ["t", "sizes"], names, axis=axis),
        *[node("LeakyRelu", [n], [f"y{n}"]) for n in names],
    ]
    made = model(nodes, {"x": shape}, [f"y{n}" for n in names], {"sizes": np.array(sizes)})
    check_both(made, {"x": Weights(1).clip(*shape)})


def test_split_by_a_number_of_outputs() -> None:
    """The last piece is smaller (opset 18), and the sizes as an attribute (opset 11)."""
    made = model([node("Split", ["x"], ["a", "b", "c"], axis=1, num_outputs=3)], {"x": (2, 7, 3)}, ["a", "b", "c"])
    onnx_form, _ = check_both(made, {"x": Weights().clip(2, 7, 3)})
    assert [o.shape[1] for o in onnx_form.outputs] == [3, 3, 1]
    old = model([node("Split", ["x"], ["a", "b"], axis=-2, split=[2, 5])], {"x": (2, 7, 3)}, ["a", "b"], opset=11)
    check_both(old, {"x": Weights().clip(2, 7, 3)})


def test_time_and_channel_concats_of_clips_move_no_data() -> None:
    w = Weights()
    for axis in (1, 2, 3, 4):
        other = tuple(6 if a == axis else s for a, s in enumerate(SHAPE))
        made = model([node("Concat", ["x", "u"], ["y"], axis=axis)], {"x": SHAPE, "u": other}, ["y"])
        for lowered in check_both(made, {"x": w.clip(*SHAPE), "u": w.clip(*other)}, dict.fromkeys("xu", "NCTHW")):
            assert lowered.moves == 0
            assert lowered.ops["Concat"] + lowered.ops["CONCATENATION"] == 1


def test_dense_blocks_move_no_data() -> None:
    """DenseNet-3D: a greedy choice of order cost a prototype 123 transposes."""
    nodes, weights, names = [], {}, ["x"]
    channels, w = 4, Weights()
    for i in range(4):
        source = names[-1] if i == 0 else f"cat{i}"
        if i:
            nodes.append(node("Concat", names, [source], axis=1))
        weights[f"w{i}"] = w(3, channels, 3, 3, 3)
        nodes += [node("Relu", [source], [f"r{i}"]), node("Conv", [f"r{i}", f"w{i}"], [f"c{i}"], pads=[1] * 6)]
        names.append(f"c{i}")
        channels += 3
    nodes.append(node("Concat", names, ["y"], axis=1))
    shape = (2, 4, 5, 6, 7)
    for lowered in check_both(model(nodes, {"x": shape}, ["y"], weights), {"x": w.clip(*shape)}, CLIP):
        assert lowered.moves == 0


def test_every_second_frame_and_pixel_is_one_unit_slice() -> None:
    weights = {"s": np.array([0, 0, 1]), "e": np.array([99] * 3), "a": np.array([2, 3, 4]), "d": np.array([2, 2, 2])}
    made, feeds = single("Slice", (2, 3, 4, 6, 8), weights)
    onnx_form, tflite_form = check_both(made, feeds, CLIP)
    assert onnx_form.moves == tflite_form.moves == 0
    assert tflite_form.ops["STRIDED_SLICE"] <= 2


def test_a_flip_is_slices_and_a_concat() -> None:
    bounds = {k: np.array([v]) for k, v in {"s": -1, "e": -99, "a": 2, "d": -1}.items()}
    onnx_form, _ = everywhere([node("Slice", ["x", *bounds], ["y"])], {"x": SHAPE}, bounds, CLIP)
    assert onnx_form.ops["Slice"] == 4
    assert onnx_form.ops["Concat"] == 1
    assert onnx_form.moves == 0


def test_an_empty_piece_of_a_concatenation_is_left_out() -> None:
    """What rolling by nothing makes."""
    bounds = {"s": np.array([0]), "e": np.array([0]), "a": np.array([2])}
    nodes = [node("Slice", ["x", *bounds], ["none"]), node("Concat", ["x", "none"], ["c"], axis=2),
             node("Relu", ["c"], ["y"])]  # fmt: skip
    for lowered in check_both(model(nodes, {"x": SHAPE}, ["y"], bounds), {"x": Weights().clip(*SHAPE)}, CLIP):
        assert lowered.ops["Concat"] + lowered.ops["CONCATENATION"] == 0


def test_attributes_of_old_opsets() -> None:
    made, feeds = single("Slice", (4, 5, 6), opset=9, starts=[1, -3], ends=[3, 2**31 - 1], axes=[0, 2])
    check_both(made, feeds)
    made, feeds = single("Pad", (4, 5, 6), opset=9, pads=[0, 1, 2, 3, 0, 1], value=0.5)
    check_both(made, feeds)


def test_pads_with_axes() -> None:
    made, feeds = single("Pad", SHAPE, {"p": np.array([1, 2, 0, 3]), "v": np.float32(0), "a": np.array([4, -3])})
    check_both(made, feeds, CLIP)


# -- refusals --------------------------------------------------------------------------------------------


def computed(op: str, index: int, weights: dict[str, np.ndarray], **attributes: object) -> str:
    """The reason why `op` with a computed input at `index` is refused."""
    names = list(weights)
    names[index - 1] = "late"
    made = model([node(op, ["x", *names], ["y"], **attributes)], {"x": (4, 6), "late": (1,)}, ["y"], weights)
    made.graph.input[1].type.tensor_type.elem_type = 7
    return reasons(made)[0]


def test_refuses_what_only_run_time_knows() -> None:
    one = np.array([1])
    bounds = {"s": one, "e": one + 1, "a": one, "d": one}
    for index, what in ((1, "starts"), (2, "ends"), (3, "axes"), (4, "steps")):
        assert f"its {what} is computed at run time" in computed("Slice", index, bounds)
    assert "its sizes is computed" in computed("Split", 1, {"s": one})
    assert "its pads is computed" in computed("Pad", 1, {"p": one})


def test_refuses_what_it_has_no_form_for() -> None:
    long = {"s": np.array([-1]), "e": np.array([-99]), "a": np.array([0]), "d": np.array([-1])}
    backwards, _ = single("Slice", (70, 6), long)
    assert "70 scattered indices" in reasons(backwards)[0]
    wrap, _ = single("Pad", (4, 6), {"p": np.array([1, 1, 1, 1])}, mode="wrap", opset=19)
    assert "mode 'wrap'" in reasons(wrap)[0]
    nothing, _ = single("Pad", (4, 6), {"p": np.array([0, -4, 0, -2])})
    assert "negative pads [0, -4, 0, -2] that leave nothing" in reasons(nothing)[0]


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect"])
def test_negative_pads_cut_off(mode: str) -> None:
    weights = {"p": np.array([0, 0, -1, 2, 0, 0, -1, 1, -2, -3])}
    made, feeds = single("Pad", SHAPE, weights, mode=mode)
    for lowered in check_both(made, feeds, CLIP):
        assert lowered.trace.outputs[0].logical == (2, 2, 4, 5, 4)
