"""Full int8: every operator alone against integers in numpy, and the rules of scales, ends and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tflite_graphs import (
    Build,
    Lab,
    built,
    kinds,
    numbers,
    quant_of,
    quantized_graph,
    real,
    run,
    seen_ranges,
    steps,
)
from tflite_reference import reference

from edgeconv import runtimes
from edgeconv.core.backend import Window
from edgeconv.core.errors import ModelError
from edgeconv.tflite import Graph, Recipe, optimize, quantize, write

SHAPE = (2, 9, 7, 3)


def conv(window: Window, out: int = 5, relu: str = "", groups: int = 1) -> Build:
    def build(b: Any, x: str) -> str:
        weight = numbers(out, 3 // groups, *window.kernel) * np.linspace(0.05, 3, out)[:, None, None, None]
        y: str = b.conv2d(x, weight.astype(np.float32), numbers(out), window, groups)
        if relu:
            y = b.unary("Clip", y, {"min": 0.0, "max": 6.0 if relu == "RELU6" else np.inf})
        return y

    return build


SAME = Window((3, 3), (1, 1), (1, 1), (1, 1), (1, 1))
CASES: dict[str, Build] = {
    "conv": conv(Window((3, 2))),
    "conv 1x1": conv(Window((1, 1))),
    "conv stride": conv(Window((3, 2), (2, 3))),
    "conv dilation": conv(Window((3, 2), (1, 1), (2, 3))),
    "conv same": conv(SAME),
    "conv same stride": conv(Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1))),
    "conv padded": conv(Window((3, 3), (1, 2), (1, 1), (2, 0), (0, 1))),
    "conv relu": conv(SAME, relu="RELU"),
    "conv relu6": conv(SAME, relu="RELU6"),
    "depthwise": conv(Window((3, 2)), 3, groups=3),
    "depthwise multiplier": conv(Window((2, 3), (2, 1)), 6, groups=3),
    "depthwise dilation same": conv(Window((3, 3), (1, 1), (2, 2), (2, 2), (2, 2)), 3, groups=3),
    "depthwise relu": conv(SAME, 3, relu="RELU", groups=3),
    "dense": lambda b, x: b.dense(b.reshape(x, (18, 21)), numbers(21, 6), numbers(6)),
    "dense relu": lambda b, x: b.unary("Relu", b.dense(b.reshape(x, (18, 21)), numbers(21, 6), numbers(6)), {}),
    "add": lambda b, x: b.binary("Add", x, b.constant(numbers(*SHAPE, seed=3, low=0, high=9))),
    "add relu": lambda b, x: b.unary("Relu", b.binary("Add", x, b.constant(numbers(1, 1, 7, 3, seed=3))), {}),
    "add itself": lambda b, x: b.binary("Add", x, x),
    "mul": lambda b, x: b.binary("Mul", x, b.constant(numbers(*SHAPE, seed=4, low=-0.2, high=2))),
    "mul row": lambda b, x: b.binary("Mul", b.constant(numbers(3, seed=4)), x),
    "mean": lambda b, x: b.reduce("ReduceMean", x, (1, 2)),
    "mean channels": lambda b, x: b.reduce("ReduceMean", x, (3,)),
    "max pool": lambda b, x: b.max_pool2d(x, Window((2, 3), (2, 1))),
    "max pool same": lambda b, x: b.max_pool2d(x, SAME),
    "max pool padded": lambda b, x: b.max_pool2d(x, Window((3, 2), (2, 2), (1, 1), (1, 0), (0, 1))),
    "average pool": lambda b, x: b.average_pool2d(x, Window((3, 3), (2, 2), (1, 1), (1, 1), (1, 1)), True),
    "concat": lambda b, x: b.concat([x, b.max_pool2d(x, SAME)], 3),
    "concat constant": lambda b, x: b.concat([x, b.constant(numbers(2, 9, 2, 3, low=-4, high=1))], 2),
    "pad": lambda b, x: b.pad(x, [(0, 1), (1, 0), (0, 2), (3, 0)], "constant", 0.0),
    "slice": lambda b, x: b.slice(x, (1, 2, 0, 1), (1, 5, 4, 2)),
    "reshape": lambda b, x: b.reshape(x, (6, 63)),
    "logistic": lambda b, x: b.unary("Sigmoid", x, {}),
    "softmax": lambda b, x: b.softmax(x),
}


@pytest.mark.parametrize("delegate", [False, True])
@pytest.mark.parametrize("case", sorted(CASES))
def test_one_operator_is_right_to_one_step(case: str, delegate: bool, lab: Lab) -> None:
    graph, x = built(CASES[case], SHAPE), numbers(*SHAPE, seed=1, low=-3, high=2)
    optimize(graph)
    made = quantized_graph(graph, x)
    assert not [n for n, t in made.tensors.items() if t.dtype == "float32"]
    if "relu" in case:
        assert "fusedActivationFunction" in made.ops[-1].options
    # Beyond what calibration saw too: the clamps are part of the operator.
    for given in (x, numbers(*SHAPE, seed=2, low=-6, high=6)):
        q = steps(given, quant_of(made, made.inputs[0]))
        got, meant = lab.run(made, q, delegate=delegate), reference(made, q)
        assert got.shape == meant.shape
        off = np.abs(got.astype(int) - meant.astype(int))
        moves = "pool" in case or any(w in case for w in ("concat", "pad", "slice", "reshape"))
        assert off.max() <= (0 if moves and not any(w in case for w in ("average", "conv")) else 1)
        assert (off > 0).mean() < 0.05 or off.size < 10  # a rounding now and then; not a shift
    expected = run(graph, x)[0]
    got = lab.run(made, steps(x, quant_of(made, made.inputs[0])), delegate=delegate)
    assert np.abs(real(got, quant_of(made, made.outputs[0])) - expected).max() <= 0.04 * max(
        1.0, float(np.ptp(expected))
    )


def test_weights_are_symmetric_to_nearest_and_biases_follow() -> None:
    graph = built(conv(Window((3, 2))), SHAPE)
    made = quantized_graph(graph, numbers(*SHAPE, low=-3, high=2))
    (old,), (op,) = graph.ops, made.ops
    weight, bias = (graph.tensors[n].data for n in old.inputs[1:])
    assert weight is not None
    assert bias is not None
    x, w, b = (quant_of(made, n) for n in op.inputs)
    np.testing.assert_allclose(w.scales, np.abs(weight).max((1, 2, 3)) / 127, rtol=1e-6)
    assert w.axis == 0
    assert set(w.zero_points) == set(b.zero_points) == {0}
    held = made.tensors[op.inputs[1]].data
    assert held is not None
    np.testing.assert_array_equal(held, np.round(weight / np.float64(w.scales)[:, None, None, None]))
    assert held.min() >= -127
    np.testing.assert_allclose(b.scales, np.float64(w.scales) * x.scales[0], rtol=1e-6)
    stored = made.tensors[op.inputs[2]]
    assert stored.dtype == "int32"
    np.testing.assert_array_equal(stored.data, np.round(bias / np.float64(b.scales)))


def test_dense_weights_have_one_scale() -> None:
    """tflite-runtime 2.14 registers no version with more."""
    made = quantized_graph(built(CASES["dense"], SHAPE), numbers(*SHAPE))
    op = made.ops[-1]
    assert [len(quant_of(made, n).scales) for n in op.inputs[1:]] == [1, 1]
    data = made.tensors[op.inputs[1]].data
    assert data is not None
    assert abs(data.astype(int)).max() == 127


def test_depthwise_weights_have_a_scale_for_every_channel() -> None:
    made = quantized_graph(built(CASES["depthwise multiplier"], SHAPE), numbers(*SHAPE))
    quant = quant_of(made, made.ops[0].inputs[1])
    assert (len(quant.scales), quant.axis) == (6, 3)


@pytest.mark.parametrize("ends", [("uint8", "int8"), ("int8", "uint8"), ("uint8", "uint8")])
def test_uint8_ends_are_int8_plus_128(ends: tuple[str, str], lab: Lab) -> None:
    graph, x = built(conv(SAME), SHAPE), numbers(*SHAPE)
    plain, made = quantized_graph(graph, x), quantized_graph(graph, x, recipe=Recipe(*ends))
    assert kinds(made) == ["QUANTIZE"] * (ends[0] == "uint8") + ["CONV_2D"] + ["QUANTIZE"] * (ends[1] == "uint8")
    assert list(made.ports.values())[-1] in ("x0", "y0")
    for whole, name, dtype in ((made, made.inputs[0], ends[0]), (made, made.outputs[0], ends[1])):
        assert whole.tensors[name].dtype == dtype
        port = whole.ports[name]
        twin = next(n for n in (*plain.inputs, *plain.outputs) if plain.ports[n] == port)
        shift = 128 if dtype == "uint8" else 0
        assert quant_of(whole, name).zero_points[0] == quant_of(plain, twin).zero_points[0] + shift
        assert quant_of(whole, name).scales == quant_of(plain, twin).scales
    q = steps(x, quant_of(plain, plain.inputs[0]))
    given = (q.astype(int) + 128).astype(np.uint8) if ends[0] == "uint8" else q
    got = lab.run(made, given).astype(int) - (128 if ends[1] == "uint8" else 0)
    np.testing.assert_array_equal(got, lab.run(plain, q))


def test_a_huge_bias_does_not_overflow(lab: Lab) -> None:
    """The scale of its channel grows; the others keep theirs."""
    weight, bias = numbers(3, 2, 1, 1) * np.float32(1e-6), np.array([0.1, 3e4, -2e4], np.float32)
    graph = built(lambda b, x: b.conv2d(x, weight, bias, Window((1, 1)), 1), (1, 4, 4, 2))
    x = numbers(1, 4, 4, 2) * np.float32(1e-4)
    made = quantized_graph(graph, x)
    data = made.tensors[made.ops[0].inputs[2]].data
    assert data is not None
    assert (np.abs(data.astype(np.int64)) <= 1 << 30).all()
    assert np.sign(data).tolist() == [1, 1, -1]
    q = steps(x, quant_of(made, made.inputs[0]))
    got = real(lab.run(made, q), quant_of(made, made.outputs[0]))
    assert np.abs(got - run(graph, x)[0]).max() <= 5e4 / 255 * 1.01
    scales = quant_of(made, made.ops[0].inputs[1]).scales
    assert scales[1] > np.abs(weight[1]).max() / 127 * 10


def test_a_channel_of_zeros(lab: Lab) -> None:
    weight = numbers(3, 2, 3, 3)
    weight[1] = 0
    graph = built(lambda b, x: b.conv2d(x, weight, np.array([0.1, 0.5, 0], np.float32), SAME, 1), (1, 4, 5, 2))
    x = numbers(1, 4, 5, 2)
    made = quantized_graph(graph, x)
    got = lab.run(made, steps(x, quant_of(made, made.inputs[0])))
    quant = quant_of(made, made.outputs[0])
    assert np.abs(real(got, quant)[..., 1] - 0.5).max() <= quant.scales[0]
    assert np.isfinite(quant_of(made, made.ops[0].inputs[1]).scales).all()


@pytest.mark.parametrize("live", [0, 1e-3])
def test_filters_of_zeros_load_whatever_the_scales(live: float, tmp_path: Path) -> None:
    """Residual branches begin so in X3D; LiteRT ended the process when the scale of such a filter was 1."""
    weight = np.full((3, 2, 1, 1), live, np.float32)
    weight[1] = 0
    graph = built(lambda b, x: b.conv2d(x, weight, np.zeros(3, np.float32), Window((1, 1)), 1), (1, 4, 5, 2))
    made = quantized_graph(graph, 100 * numbers(1, 4, 5, 2))
    (tmp_path / "m.tflite").write_bytes(write(made, "test"))
    assert runtimes.count_partitions(tmp_path / "m.tflite", 1).value.partitions == 1


def test_an_input_that_was_always_zero(lab: Lab) -> None:
    graph = built(conv(SAME), SHAPE)
    x = np.zeros(SHAPE, np.float32)
    made = quantized_graph(graph, x)
    got = real(lab.run(made, np.zeros(SHAPE, np.int8) + quant_of(made, made.inputs[0]).zero_points[0]),
               quant_of(made, made.outputs[0]))  # fmt: skip
    assert np.abs(got - run(graph, x)[0]).max() < 0.01


def test_everything_without_int8_is_told_at_once() -> None:
    def build(b: Any, x: str) -> str:
        y = b.unary("Log", b.unary("Exp", x, {}), {})
        y = b.binary("Div", y, b.unary("Sin", y, {}))
        made: str = b.unary("Relu", y, {})
        return made

    graph = built(build, (1, 4))
    with pytest.raises(ModelError) as caught:
        quantize(graph, seen_ranges(graph, numbers(1, 4)), Recipe())
    assert [r.split(" ")[0] for r in caught.value.reasons] == ["LOG", "SIN", "DIV"]
    assert all("no int8 kernel" in r for r in caught.value.reasons)
    assert "graph/LOG" in caught.value.reasons[0]


@pytest.mark.parametrize("bad", [(0.0, np.inf), (-np.inf, 0.0), (np.nan, np.nan), (np.nan, 1.0)])
def test_ranges_must_be_finite(bad: tuple[float, float]) -> None:
    graph = built(conv(SAME), SHAPE)
    ranges = {**seen_ranges(graph, numbers(*SHAPE)), graph.outputs[0]: bad}
    with pytest.raises(ModelError) as caught:
        quantize(graph, ranges, Recipe())
    assert caught.value.reasons == (f"'{graph.outputs[0]}' is not finite during calibration",)


def test_every_tensor_that_was_not_calibrated_is_told() -> None:
    graph = built(conv(SAME, relu="RELU"), SHAPE)
    with pytest.raises(ModelError) as caught:
        quantize(graph, {}, Recipe())
    missing = [n for n, t in graph.tensors.items() if t.data is None]
    assert caught.value.reasons == tuple(f"'{n}' was not calibrated" for n in missing)
    assert len(missing) == 3


def test_the_float_graph_is_left_alone() -> None:
    def tell(graph: Graph) -> str:
        return repr((graph.ops, graph.inputs, graph.outputs, graph.ports, sorted(graph.tensors)))

    graph = built(conv(SAME, relu="RELU"), SHAPE)
    optimize(graph)
    before = tell(graph)
    quantized_graph(graph, numbers(*SHAPE), recipe=Recipe("uint8", "uint8"))
    assert tell(graph) == before
    assert {t.dtype for t in graph.tensors.values()} == {"float32"}


def test_integer_constants_pass_unchanged() -> None:
    graph = built(CASES["slice"], SHAPE)
    made = quantized_graph(graph, numbers(*SHAPE))
    assert made.ops[0].inputs[1:] == graph.ops[0].inputs[1:]
    assert {made.tensors[n].dtype for n in made.ops[0].inputs[1:]} == {"int32"}
