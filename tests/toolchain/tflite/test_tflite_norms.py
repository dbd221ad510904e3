"""Norms over the tensor itself in int8: composed of reductions and RSQRT, they stay close to float."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper
from tflite_graphs import Array, interpreter, kinds, quant_of, real, run, steps

from edgeconv.lowering import equalize_channels, fold_batch_norms, graph_of, lower
from edgeconv.tflite import (
    Graph,
    Recipe,
    TfliteBackend,
    chosen_ranges,
    complete_ranges,
    measured_tensors,
    optimize,
    quantize,
    write,
)

CLIP = (2, 3, 5, 14, 12)
WIDTH = 8


@dataclass(frozen=True)
class Seen:
    low: float
    high: float
    counts: tuple[int, ...]


def network(norm: str, spread: float = 0.0, up: bool = False) -> onnx.ModelProto:
    """Three times convolution, norm and PRelu; the filters differ in size by factors of about e ** spread."""
    random = np.random.default_rng(3)
    nodes, weights, channels, x = [], dict[str, Array](), CLIP[1], "x"

    def constant(name: str, array: Array) -> str:
        weights[name] = array.astype(np.float32)
        return name

    for i in range(3):
        transposed = up and i == 2
        size = np.exp(spread * random.standard_normal((WIDTH, 1, 1, 1, 1)))
        weight = random.standard_normal((WIDTH, channels, 3, 3, 3)) / np.sqrt(27 * channels) * size
        kernel = constant(f"w{i}", weight.swapaxes(0, 1) if transposed else weight)
        bias = constant(f"b{i}", 0.2 * random.standard_normal(WIDTH))
        op = "ConvTranspose" if transposed else "Conv"
        extra = {"strides": [2, 2, 2], "output_padding": [1, 1, 1]} if transposed else {}
        nodes.append(helper.make_node(op, [x, kernel, bias], [f"c{i}"], pads=[1] * 6, **extra))
        scale = constant(f"s{i}", 1 + 0.3 * random.standard_normal(WIDTH if norm != "group" else 4))
        shift = constant(f"t{i}", 0.3 * random.standard_normal(len(weights[scale])))
        if norm == "instance":
            nodes.append(helper.make_node("InstanceNormalization", [f"c{i}", scale, shift], [f"n{i}"]))
        elif norm == "group":
            nodes.append(helper.make_node("GroupNormalization", [f"c{i}", scale, shift], [f"n{i}"], num_groups=4))
        else:
            last = (0, 2, 3, 4, 1), (0, 4, 1, 2, 3)
            nodes.append(helper.make_node("Transpose", [f"c{i}"], [f"p{i}"], perm=last[0]))
            nodes.append(helper.make_node("LayerNormalization", [f"p{i}", scale, shift], [f"l{i}"]))
            nodes.append(helper.make_node("Transpose", [f"l{i}"], [f"n{i}"], perm=last[1]))
        slope = constant(f"a{i}", random.uniform(0.1, 0.4, (WIDTH, 1, 1, 1)))
        nodes.append(helper.make_node("PRelu", [f"n{i}", slope], [f"x{i}"]))
        x, channels = f"x{i}", WIDTH
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info("x", 1, CLIP)],
        [helper.make_tensor_value_info(x, 1, None)],
        [numpy_helper.from_array(a, n) for n, a in weights.items()],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    return onnx.shape_inference.infer_shapes(made)


def emitted(made: onnx.ModelProto, equalized: bool = True) -> Graph:
    source, backend = graph_of(made), TfliteBackend()
    fold_batch_norms(source)
    if equalized:
        equalize_channels(source)
    lower(source, backend, {"x": "NCTHW"})
    optimize(backend.graph)
    return backend.graph


def clip(seed: int) -> Array:
    random = np.random.default_rng(seed)
    rough = random.standard_normal((CLIP[0] * CLIP[2], *CLIP[3:], CLIP[1]))
    smooth = rough + np.roll(rough, 1, 1) + np.roll(rough, 1, 2)
    return (smooth * random.uniform(0.3, 1)).astype(np.float32)


def calibrated(graph: Graph, clips: list[Array]) -> Graph:
    made, wanted = interpreter(write(graph, "case"), keep=True), set(measured_tensors(graph))
    values: dict[str, list[Array]] = {n: [] for n in wanted}
    for one in clips:
        made.set_tensor(made.get_input_details()[0]["index"], one)
        made.invoke()
        for detail in made.get_tensor_details():
            if detail["name"] in wanted:
                values[detail["name"]].append(made.get_tensor(detail["index"]).reshape(-1).copy())
    seen = {}
    for name, parts in values.items():
        flat = np.concatenate(parts)
        low, high = float(flat.min()), float(flat.max())
        seen[name] = Seen(low, high, tuple(np.histogram(flat, 512, (low, high))[0].tolist()))
    return quantize(graph, complete_ranges(graph, chosen_ranges(graph, seen)), Recipe())


def cosines(graph: Graph, delegate: bool = False) -> list[float]:
    made = calibrated(graph, [clip(s) for s in range(4)])
    assert not [n for n, t in made.tensors.items() if t.dtype == "float32"]
    first, last = quant_of(made, made.inputs[0]), quant_of(made, made.outputs[0])
    found = []
    for seed in (10, 11):
        a = run(graph, clip(seed))[0]
        b = real(run(made, steps(clip(seed), first), delegate=delegate)[0], last)
        found.append(float(np.vdot(a, b) / np.sqrt(np.vdot(a, a) * np.vdot(b, b))))
    return found


@pytest.mark.parametrize("delegate", [False, True])
@pytest.mark.parametrize("norm", ["instance", "group", "layer"])
def test_three_layers_with_a_norm_stay_close_to_float(norm: str, delegate: bool) -> None:
    graph = emitted(network(norm))
    assert "TRANSPOSE" not in kinds(graph)
    assert min(cosines(graph, delegate)) > 0.995


@pytest.mark.parametrize("up", [False, True])
def test_channels_of_very_different_size_in_front_of_an_instance_norm(up: bool) -> None:
    made = network("instance", spread=1.5, up=up)
    assert max(cosines(emitted(made, equalized=False))) < 0.9
    assert min(cosines(emitted(made))) > 0.995


def test_equalized_channels_give_the_same_in_float() -> None:
    made = network("instance", spread=1.5, up=True)
    a, b = (run(emitted(made, equalized=e), clip(1))[0] for e in (False, True))
    assert np.abs(a - b).max() <= 1e-5 * np.abs(a).max()


def broken(change: Callable[[onnx.ModelProto], None]) -> int:
    made = network("instance")
    change(made)
    return equalize_channels(graph_of(made))


def test_only_convolutions_that_nothing_else_reads_are_equalized() -> None:
    assert broken(lambda _: None) == 3
    assert broken(lambda m: m.graph.output.append(helper.make_tensor_value_info("c1", 1, None))) == 2

    def relu(m: onnx.ModelProto) -> None:
        at = next(i for i, n in enumerate(m.graph.node) if n.op_type == "InstanceNormalization")
        m.graph.node[at].input[0] = "bent"
        m.graph.node.insert(at, helper.make_node("Relu", ["c0"], ["bent"]))

    assert broken(relu) == 2
    source = graph_of(network("instance"))
    assert [equalize_channels(source), equalize_channels(source)] == [3, 0]
