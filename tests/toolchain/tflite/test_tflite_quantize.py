"""Full int8: every operator alone against integers in numpy, and the rules of scales, ends and refusals."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from tflite_graphs import (
    Build,
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
from tflite_reference import reference

from edgeconv.core.backend import Window
from edgeconv.core.errors import ModelError
from edgeconv.tflite import Graph, Quant, Recipe, optimize, quantize, write

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


def test_zero_is_exact() -> None:
    for low, high in ((0.5, 3.0), (-3.0, -0.5), (-1.0, 2.0), (0.0, 0.0)):
        graph = built(lambda b, x: b.unary("Relu", x, {}), (1, 4))
        made = quantized_graph(graph, numbers(1, 4), ranges={graph.inputs[0]: (low, high)})
        quant = quant_of(made, graph.inputs[0])
        assert -128 <= quant.zero_points[0] <= 127
        bottom, top = real(np.array([-128, 127]), quant)
        slack = quant.scales[0] / 2 + 1e-12
        assert bottom - slack <= min(low, 0) <= max(high, 0) <= top + slack


def branches(b: Any, x: str, y: str) -> str:
    pooled = b.max_pool2d(b.binary("Add", x, x), SAME)
    padded = b.pad(pooled, [(0, 0), (0, 0), (0, 0), (0, 1)], "constant", 0.0)
    cut = b.slice(b.binary("Mul", y, y), (0, 0, 0, 0), (2, 9, 7, 2))
    both: str = b.concat([padded, cut], 3)
    return b.unary("Tanh", b.transpose(both, (0, 2, 1, 3)), {})


def test_tensors_that_only_move_share_one_scale_over_all_they_hold(lab: Lab) -> None:
    graph = built(branches, SHAPE, SHAPE)
    x, y = numbers(*SHAPE, low=-2, high=1), numbers(*SHAPE, low=-3, high=3, seed=1)
    made = quantized_graph(graph, x, y)
    group = [op.outputs[0] for op in graph.ops if op.kind != "TANH"]
    assert len({quant_of(made, n) for n in group}) == 1
    ranges = seen_ranges(graph, x, y)
    low, high = min(ranges[n][0] for n in group), max(ranges[n][1] for n in group)
    shared = quant_of(made, group[0])
    assert shared.scales[0] == pytest.approx((high - low) / 255, rel=1e-6)
    assert len({quant_of(made, n) for n in [*graph.inputs, graph.outputs[0], group[0]]}) == 4
    q = [steps(v, quant_of(made, n)) for v, n in zip((x, y), made.inputs, strict=True)]
    got = real(lab.run(made, *q), quant_of(made, made.outputs[0]))
    assert np.abs(got - run(graph, x, y)[0]).max() < 0.15


def test_two_readers_that_move_a_tensor_share_with_each_other() -> None:
    def build(b: Any, x: str) -> list[str]:
        y = b.binary("Add", x, x)
        views = [b.reshape(y, (21, 18)), b.concat([y, b.binary("Mul", x, x)], 3), b.max_pool2d(y, SAME)]
        return [b.unary("Tanh", v, {}) for v in views]

    graph = built(build, SHAPE)
    made = quantized_graph(graph, numbers(*SHAPE, low=-2, high=9))
    group = {op.outputs[0] for op in graph.ops if op.kind != "TANH"}
    assert len(group) == 5
    assert len({quant_of(made, n) for n in group}) == 1


def test_the_pad_of_a_max_pool_is_no_value() -> None:
    """Its lowest float made one step of the whole group 1e36."""
    window = Window((3, 2), (2, 2), (2, 1), (1, 0), (0, 1))
    graph = built(lambda b, x: b.max_pool2d(x, window), SHAPE)
    assert "PADV2" in kinds(graph)  # dilated windows that begin in the pad do not see the edge
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = quantized_graph(graph, numbers(*SHAPE))
    (scale,) = {quant_of(made, n).scales[0] for n in (*graph.inputs, *graph.outputs)}
    assert scale == pytest.approx(float(np.ptp(numbers(*SHAPE))) / 255, rel=1e-6)


def test_a_constant_that_pads_is_a_value() -> None:
    graph = built(lambda b, x: b.pad(x, [(0, 0), (0, 1)], "constant", 5.0), (2, 3))
    made = quantized_graph(graph, numbers(2, 3))
    assert real(np.array(127), quant_of(made, made.outputs[0])) == pytest.approx(5, abs=0.05)


@pytest.mark.parametrize(
    ("build", "fixed"),
    [
        (lambda b, x: b.unary("Sigmoid", x, {}), Quant((1 / 256,), (-128,))),
        (lambda b, x: b.unary("Tanh", x, {}), Quant((1 / 128,), (0,))),
        (lambda b, x: b.softmax(x), Quant((1 / 256,), (-128,))),
        (lambda b, x: b.reshape(b.softmax(x), (21, 18)), Quant((1 / 256,), (-128,))),
    ],
)
def test_outputs_that_the_kernels_fix(build: Build, fixed: Quant) -> None:
    graph = built(build, SHAPE)
    made = quantized_graph(graph, numbers(*SHAPE), recipe=Recipe(output_margin=2.0))
    assert {quant_of(made, op.outputs[0]) for op in made.ops} == {fixed}


@pytest.mark.parametrize("delegate", [False, True])
@pytest.mark.parametrize(
    ("beside", "made"),
    [
        (lambda b, x: b.unary("Tanh", x, {}), ["LOGISTIC", "QUANTIZE", "TANH", "CONCATENATION"]),
        (lambda b, x: b.binary("Add", x, x), ["LOGISTIC", "QUANTIZE", "ADD", "CONCATENATION"]),
        (lambda b, x: b.softmax(x), ["LOGISTIC", "SOFTMAX", "CONCATENATION"]),
    ],
)
def test_a_fixed_scale_that_does_not_hold_what_it_is_joined_with(
    beside: Build, made: list[str], delegate: bool, lab: Lab
) -> None:
    """The sum reaches 6 and was silently cut off at 1; LOGISTIC beside TANH did not load."""
    graph = built(lambda b, x: b.concat([b.unary("Sigmoid", x, {}), beside(b, x)], 3), SHAPE)
    x = numbers(*SHAPE, low=-3, high=3)
    int8 = quantized_graph(graph, x)
    assert kinds(int8) == made
    got = lab.run(int8, steps(x, quant_of(int8, int8.inputs[0])), runtime="litert", delegate=delegate)
    quant = quant_of(int8, int8.outputs[0])
    assert np.abs(real(got, quant) - run(graph, x)[0]).max() <= 1.6 * quant.scales[0] + 0.05


def test_a_fixed_scale_on_the_right_of_a_product() -> None:
    """Delegates want zero point 0 there."""
    graph = built(lambda b, x: b.matmul(x, b.softmax(x), adjoint=True), SHAPE)
    made = quantized_graph(graph, numbers(*SHAPE, low=-3, high=3))
    assert kinds(made) == ["SOFTMAX", "QUANTIZE", "BATCH_MATMUL"]
    assert quant_of(made, made.ops[-1].inputs[1]).zero_points == (0,)


@pytest.mark.parametrize("kind", ["conv", "transpose conv", "dense", "add", "mul", "leaky relu"])
def test_a_result_that_was_always_dead_still_loads(kind: str) -> None:
    """XNNPACK does not load a convolution whose input scale times filter scale is 256 times that of its output."""

    def build(b: Any, x: str) -> str:
        made: str = {
            "conv": lambda: b.conv2d(x, numbers(3, 3, 1, 1), np.full(3, -9, np.float32), Window((1, 1)), 1),
            "transpose conv": lambda: b.conv_transpose2d(
                x, numbers(3, 3, 2, 2), np.full(3, -9, np.float32), Window((2, 2), (2, 2)), 1, (0, 0)
            ),
            "dense": lambda: b.dense(b.reshape(x, (126, 3)), numbers(3, 5), np.full(5, -9, np.float32)),
            "add": lambda: b.binary("Add", x, b.constant(np.full(3, -9, np.float32))),
            "mul": lambda: b.binary("Mul", b.unary("Relu", x, {}), b.constant(np.full(3, -9, np.float32))),
            "leaky relu": lambda: b.unary("LeakyRelu", b.unary("Clip", x, {"max": 0}), {"alpha": 0.0}),
        }[kind]()
        return b.unary("Tanh", b.unary("Relu", made, {}), {})

    graph = built(build, SHAPE)
    optimize(graph)
    x = numbers(*SHAPE, low=-3, high=3)
    made = quantized_graph(graph, x)
    q = steps(x, quant_of(made, made.inputs[0]))
    plan = [d["op_name"] for d in interpreter(write(made, "case"), delegate=True)._get_ops_details()]
    assert plan.count("DELEGATE") == 1
    for delegate in (False, True):
        got = real(run(made, q, delegate=delegate)[0], quant_of(made, made.outputs[0]))
        assert np.abs(got - run(graph, x)[0]).max() <= 0.01


@pytest.mark.parametrize("constant", [1e-5, -3e-7, 4e3])
def test_a_constant_of_another_size_stays_with_the_delegate(constant: float) -> None:
    graph = built(lambda b, x: b.binary("Add", x, b.constant(np.full(1, constant, np.float32))), SHAPE)
    x = numbers(*SHAPE, low=-3, high=3)
    made = quantized_graph(graph, x)
    plan = [d["op_name"] for d in interpreter(write(made, "case"), delegate=True)._get_ops_details()]
    assert plan.count("DELEGATE") == 1
    got = real(run(made, steps(x, quant_of(made, made.inputs[0])))[0], quant_of(made, made.outputs[0]))
    assert np.abs(got - run(graph, x)[0]).max() <= 1.5 * quant_of(made, made.outputs[0]).scales[0]


def test_margin_widens_the_output_alone() -> None:
    graph, x = built(CASES["dense"], SHAPE), numbers(*SHAPE)
    plain = quantized_graph(graph, x)
    wide = quantized_graph(graph, x, recipe=Recipe(output_margin=1.5))
    name = graph.outputs[0]
    assert quant_of(wide, name).scales[0] == pytest.approx(1.5 * quant_of(plain, name).scales[0], rel=1e-6)
    assert quant_of(wide, graph.inputs[0]) == quant_of(plain, graph.inputs[0])


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
