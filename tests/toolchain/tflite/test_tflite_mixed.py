"""Mixed precision: operators in int16 and float32 inside an int8 file, and the borders around them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tflite_cases import CASES, SHAPE
from tflite_graphs import (
    Array,
    Lab,
    built,
    interpreter,
    kinds,
    numbers,
    quant_of,
    quantized_graph,
    real,
    run,
    seen_ranges,
    steps,
)

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.tflite import Graph, Recipe, Wide, named_tensors, optimize, quantize, write
from edgeconv.tflite.mixed import separate, with_its_scale
from edgeconv.tflite.spec import specs

MANY_BITS = {"tanh", "exp", "softmax"}
"""Their int16 kernels work with tables of 513 entries."""


def computed(graph: Graph) -> list[str]:
    return [n for n, t in graph.tensors.items() if t.data is None and t.dtype == "float32"]


def all_in(graph: Graph, precision: Wide) -> Recipe:
    return Recipe(wide=dict.fromkeys(computed(graph), precision))


def with_exact_weights(graph: Graph) -> Graph:
    """Weights that int8 holds exactly, so that only activations are rounded."""
    for op in graph.ops:
        weighted = specs()[op.kind].weighted
        if weighted is None:
            continue
        tensor = graph.tensors[op.inputs[weighted.weight]]
        assert tensor.data is not None
        data = np.moveaxis(tensor.data.astype(np.float64), weighted.axis, 0)
        peak = np.abs(data).reshape(len(data), -1).max(1)
        step = (peak if weighted.per_channel else np.full_like(peak, peak.max())) / 127
        step = np.where(step > 0, step, 1).reshape(-1, *[1] * (data.ndim - 1))
        exact = np.ascontiguousarray(np.moveaxis(np.round(data / step) * step, 0, weighted.axis)).astype(np.float32)
        graph.tensors[tensor.name] = replace(tensor, data=exact)
    return graph


def made_of(case: str) -> tuple[Graph, list[Array]]:
    graph = built(CASES[case].build, *CASES[case].shapes)
    optimize(graph)
    return with_exact_weights(graph), [
        numbers(*s, seed=i + 1, low=-3, high=2.5) for i, s in enumerate(CASES[case].shapes)
    ]


def inside(made: Graph, *given: Array) -> dict[str, Array]:
    """What every computed tensor holds, in real numbers, from LiteRT's own kernels."""
    runner = interpreter(write(made, "case"), keep=True)
    for detail, array in zip(runner.get_input_details(), given, strict=True):
        runner.set_tensor(detail["index"], array)
    runner.invoke()
    values = {}
    for detail in runner.get_tensor_details():
        tensor = made.tensors.get(detail["name"])
        if tensor is not None and tensor.data is None:
            held = runner.get_tensor(detail["index"])
            values[tensor.name] = held if tensor.quant is None else real(held, tensor.quant)
    return values


def without_int16(graph: Graph) -> bool:
    return any(not specs()[op.kind].int16 for op in graph.ops)


@pytest.mark.parametrize("case", sorted(CASES))
def test_an_operator_in_int16_is_right_to_a_few_of_its_65536_steps(case: str, lab: Lab) -> None:
    graph, x = made_of(case)
    if without_int16(graph):
        with pytest.raises(ModelError, match="no int16 kernel"):
            quantized_graph(graph, *x, recipe=all_in(graph, "int16"))
        return
    made = quantized_graph(graph, *x, recipe=all_in(graph, "int16"))
    given = [steps(v, quant_of(made, n)) for v, n in zip(x, made.inputs, strict=True)]
    expected = run(
        graph, *(real(q, quant_of(made, n)).astype(np.float32) for q, n in zip(given, made.inputs, strict=True))
    )
    result = f"{graph.outputs[0]}/int16"
    assert made.tensors[result].dtype == "int16"
    off = np.abs(inside(made, *given)[result].reshape(expected[0].shape) - expected[0]).max()
    assert off <= (6 if any(w in case for w in MANY_BITS) else 2.5) * quant_of(made, result).scales[0]
    # The same file in every runtime.
    own = run(made, *given)[0]
    for runtime, delegate in (("tflite-runtime", False), ("tflite-runtime", True), ("litert", True)):
        np.testing.assert_array_equal(lab.run(made, *given, runtime=runtime, delegate=delegate), own, str(runtime))


@pytest.mark.parametrize("case", sorted(CASES))
def test_an_operator_in_float_is_that_of_the_float_file(case: str) -> None:
    graph, x = made_of(case)
    made = quantized_graph(graph, *x, recipe=all_in(graph, "float32"))
    given = [steps(v, quant_of(made, n)) for v, n in zip(x, made.inputs, strict=True)]
    expected = run(
        graph, *(real(q, quant_of(made, n)).astype(np.float32) for q, n in zip(given, made.inputs, strict=True))
    )
    got = inside(made, *given)[f"{graph.outputs[0]}/float32"]
    np.testing.assert_allclose(
        got.reshape(expected[0].shape), expected[0], rtol=0, atol=1e-5 * np.abs(expected[0]).max()
    )
    assert made.tensors[made.outputs[0]].dtype == made.tensors[made.inputs[0]].dtype == "int8"


def branched(b: Any, x: str) -> str:
    """conv a -> conv b -> view c; d = a + c; e = max pool of d"""
    from edgeconv.core.backend import Window

    a = b.conv2d(x, numbers(6, 4, 3, 2, seed=2), numbers(6), Window((3, 2)), 1)
    y = b.conv2d(a, numbers(6, 6, 1, 1, seed=3), numbers(6, seed=1), Window((1, 1)), 1)
    c = b.reshape(b.reshape(y, (6, 36)), b.graph.shape(a))
    made: str = b.max_pool2d(b.binary("Add", a, c), Window((2, 1), (2, 1)))
    return made


def case() -> tuple[Graph, Array]:
    graph = built(branched, SHAPE)
    optimize(graph)
    return graph, numbers(*SHAPE, seed=1, low=-3, high=2)


def test_one_tensor_in_int16_has_borders_where_others_stay_int8() -> None:
    graph, x = case()
    first, second = (op.outputs[0] for op in graph.ops[:2])
    made = quantized_graph(graph, x, recipe=Recipe(wide={first: "int16"}))
    held = {n: t.dtype for n, t in made.tensors.items() if t.data is None}
    assert held[first] == "int16"
    assert held[second] == "int8"
    # x goes up by way of float32; what reads the tensor works in int16, and its results come down again.
    assert [op.outputs[0] for op in made.ops if op.kind == "DEQUANTIZE"] == [
        f"{graph.inputs[0]}/float32",
        f"{kept(graph)}/float32",
    ]
    assert Counter(held.values()) == {"int8": 6, "int16": 5, "float32": 2}
    assert made.tensors[made.ops[kinds(made).index("CONV_2D")].inputs[2]].dtype == "int64"


def kept(graph: Graph) -> str:
    """The other operand of the sum."""
    (add,) = (op for op in graph.ops if op.kind == "ADD")
    return add.inputs[1]


def test_what_only_moves_values_has_the_precision_of_what_it_moves() -> None:
    graph, _ = case()
    second = graph.ops[1].outputs[0]
    wide = with_its_scale(graph, {second: "int16"})
    assert set(wide) == {op.outputs[0] for op in graph.ops[1:4]}
    assert len(wide) == 3
    both = with_its_scale(graph, {second: "int16", kept(graph): "float32"})
    assert set(both.values()) == {"float32"}


def test_without_a_recipe_nothing_changes() -> None:
    graph, x = case()
    mixed = separate(graph, seen_ranges(graph, x), {})
    assert mixed.graph.ops == graph.ops
    assert mixed.precision == {}


@pytest.mark.parametrize("precision", ["int16", "float32"])
def test_more_precision_is_nearer_to_float(precision: Wide) -> None:
    graph, x = case()
    expected = run(graph, x)[0]

    def error(recipe: Recipe) -> float:
        made = quantized_graph(with_exact_weights(graph), x, recipe=recipe)
        got = real(run(made, steps(x, quant_of(made, made.inputs[0])))[0], quant_of(made, made.outputs[0]))
        return float(np.square(got - expected).mean())

    assert error(Recipe(wide={graph.ops[0].outputs[0]: precision})) < 0.9 * error(Recipe())


def test_int16_keeps_room_for_what_calibration_never_saw() -> None:
    graph, x = case()
    made = quantized_graph(graph, x, recipe=all_in(graph, "int16"))
    name = graph.ops[0].outputs[0]
    largest = np.abs(inside(made, steps(2 * x, quant_of(made, made.inputs[0])))[name]).max()
    assert np.abs(seen_ranges(graph, x)[name]).max() < 2 * np.abs(quant_of(made, name).scales[0]) * 32767
    assert largest <= quant_of(made, name).scales[0] * 32768
    assert quant_of(made, name).scales[0] * 32767 == pytest.approx(2 * np.abs(seen_ranges(graph, x)[name]).max(), 1e-3)


def test_int16_takes_all_that_was_seen_where_int8_is_clipped() -> None:
    graph, x = case()
    name = graph.ops[0].outputs[0]
    ranges = seen_ranges(graph, x)
    clipped = {n: (low / 2, high / 2) for n, (low, high) in ranges.items()}
    made = quantize(graph, clipped, Recipe(wide={name: "int16"}), None, ranges)
    assert quant_of(made, name).scales[0] * 32767 == pytest.approx(2 * np.abs(ranges[name]).max(), 1e-3)
    other = graph.ops[1].outputs[0]
    assert quant_of(made, other).scales[0] * 255 == pytest.approx(np.ptp(clipped[other]), 0.05)


def test_tensors_are_named_by_patterns() -> None:
    graph, _ = case()
    names = computed(graph)
    assert named_tensors(graph, {"int16": ("*ADD*",)}) == {n: "int16" for n in names if "ADD" in n}
    both = named_tensors(graph, {"int16": ("*",), "float32": (names[1],)})
    assert both == {n: "float32" if n == names[1] else "int16" for n in names}


def test_every_pattern_that_names_nothing_is_told_with_what_is_near() -> None:
    graph, _ = case()
    near = computed(graph)[1]
    with pytest.raises(UsageError) as caught:
        named_tensors(graph, {"int16": (near[:-1] + "X", "*"), "float32": ("nothing like it",)})
    assert len(caught.value.reasons) == 2
    assert any(near in reason for reason in caught.value.reasons)
