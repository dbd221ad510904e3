"""Layer by layer: a true lowering passes, and a spoilt one is caught at the layer that was spoilt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import pytest
from layerwise_cases import SHAPE, Pair, change_weight, lowered, maker, network
from lowering_cases import Array, Weights, model, node

from edgeconv.layerwise import compare_layers
from edgeconv.layerwise.compare import OTHER, chunks, difference
from edgeconv.layerwise.exposed import Exposed, Feeds, Session
from edgeconv.layerwise.segments import Segments
from edgeconv.layerwise.uncompared import CONSTANT, MERGED, UNUSED


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return lowered(network(), tmp_path)


def taps(weight: Array, count: int) -> Array:
    """[O, taps, C, kh, kw] of a lowered convolution."""
    return weight.reshape(weight.shape[0], count, -1, *weight.shape[2:])


def test_a_true_lowering_passes_at_every_layer(pair: Pair) -> None:
    found = pair.compare()
    assert found.passed
    assert not found.culprits
    assert found.compared == 9
    assert found.uncompared == {MERGED: ("stem",)}
    assert found.worst is not None
    assert 0 < found.worst.relative < 1e-5
    assert [o.name for o in found.outputs] == ["logits"]


def test_a_reversed_temporal_kernel_is_named(pair: Pair) -> None:
    def reverse(graph: onnx.GraphProto) -> None:
        weight = maker(graph, "Conv", "inner").input[1]
        change_weight(graph, weight, lambda a: taps(a, 3)[:, ::-1].reshape(a.shape))

    pair.spoil(reverse)
    found = pair.compare()
    assert not found.passed
    assert [c.value for c in found.culprits] == ["inner"]
    first = found.culprits[0]
    assert first.op == "Conv"
    assert first.relative > 1e-2
    assert first.alone == pytest.approx(first.relative, rel=0.1)
    assert first.before == ("Relu 'relu'", "BatchNormalization 'normed'", "Conv 'stem'")
    assert first.lies == "[12, 8, 7, 5] = [0·2, 1, 3, 4] (frames)"
    assert found.inherited == 6  # sum, late, pooled, mean, flat, logits


def test_one_wrong_tap_interleave_is_named(pair: Pair) -> None:
    def interleave(graph: onnx.GraphProto) -> None:
        weight = maker(graph, "Conv", "late").input[1]
        change_weight(graph, weight, lambda a: np.swapaxes(taps(a, 3), 1, 2).reshape(a.shape))

    pair.spoil(interleave)
    assert [c.value for c in pair.compare().culprits] == ["late"]


def test_a_pad_on_the_wrong_side_of_time_is_named(pair: Pair) -> None:
    def other_side(graph: onnx.GraphProto) -> None:
        change_weight(graph, maker(graph, "Pad", "inner").input[1], lambda a: np.where(a > 0, 0, a) + shifted(a))

    def shifted(pads: Array) -> Array:
        """All of the padding in front."""
        before, after = np.split(pads, 2)
        return np.concatenate([before + after, np.zeros_like(after)])

    pair.spoil(other_side)
    assert [c.value for c in pair.compare().culprits] == ["inner"]


def test_a_mistake_where_a_batch_norm_was_merged_names_both_operators(pair: Pair) -> None:
    def scale(graph: onnx.GraphProto) -> None:
        change_weight(graph, maker(graph, "Conv", "normed").input[1], lambda a: a * np.float32(1.001))

    pair.spoil(scale)
    found = pair.compare()
    assert [(c.value, c.op) for c in found.culprits] == [("normed", "Conv → BatchNormalization")]


def test_two_mistakes_are_both_named_in_source_order(pair: Pair) -> None:
    def spoil(graph: onnx.GraphProto) -> None:
        change_weight(graph, maker(graph, "Conv", "late").input[1], lambda a: a * 2)
        change_weight(graph, maker(graph, "Conv", "inner").input[1], lambda a: a * 2)

    pair.spoil(spoil)
    assert [c.value for c in pair.compare().culprits] == ["inner", "late"]


def test_a_spoilt_delivered_file_fails_by_its_outputs(pair: Pair) -> None:
    made = onnx.load(pair.folder / "lowered.onnx")
    change_weight(made.graph, maker(made.graph, "Conv", "inner").input[1], lambda a: a * 2)
    onnx.save(made, pair.folder / "delivered.onnx")
    found = pair.compare(delivered=pair.folder / "delivered.onnx")
    assert not found.passed
    assert not found.culprits
    assert found.outputs[0].relative > 1e-3


def test_chunks_bound_what_is_held_and_change_nothing(pair: Pair) -> None:
    sizes = [4 * int(np.prod(c.shape)) for c in pair.done.counterparts]
    cut = list(chunks(pair.done.counterparts, max(sizes)))
    assert len(cut) > 2
    assert all(sum(4 * int(np.prod(c.shape)) for c in chunk) <= max(sizes) for chunk in cut)
    assert [c for chunk in cut for c in chunk] == list(pair.done.counterparts)
    assert pair.compare(budget=1) == pair.compare()


def test_sums_of_convolutions_before_a_batch_norm_are_left_out(tmp_path: Path) -> None:
    w = Weights(1)
    norm = {f"n.{p}": w(4) for p in "sbm"} | {"n.v": w(4, low=0.5, high=2.0)}
    nodes = [
        node("Conv", ["x", "k"], ["a"]),
        node("Conv", ["x", "k2"], ["b"]),
        node("Add", ["a", "b"], ["c"]),
        node("BatchNormalization", ["c", "n.s", "n.b", "n.m", "n.v"], ["y"]),
    ]
    weights = {"k": w(4, 3, 1, 2, 3), "k2": w(4, 3, 1, 2, 3), **norm}
    found = lowered(model(nodes, {"x": SHAPE}, ["y"], weights), tmp_path).compare()
    assert found.passed
    assert found.uncompared == {MERGED: ("a", "b", "c")}
    assert found.compared == 1


def test_two_inputs_and_values_that_no_one_needs(tmp_path: Path) -> None:
    w = Weights(2)
    nodes = [
        node("Shape", ["x"], ["shape"]),
        node("Conv", ["x", "k"], ["a"]),
        node("MaxPool", ["z"], ["pooled"], kernel_shape=[2, 1, 1], strides=[2, 1, 1]),
        node("Mul", ["pooled", "scale"], ["b"]),
        node("Concat", ["a", "b"], ["y"], axis=2),
    ]
    made = model(nodes, {"x": (2, 3, 4, 6, 5), "z": (2, 7, 10, 6, 5)}, ["y"], {"k": w(7, 3, 1, 1, 1), "scale": w(1)})
    found = lowered(made, tmp_path, {"x": "NCTHW", "z": "NCTHW"}).compare()
    assert found.passed, found
    assert found.uncompared == {CONSTANT: ("shape",)}


def test_values_that_no_one_needs_are_told(pair: Pair) -> None:
    without = tuple(c for c in pair.done.counterparts if c.name != "late")
    assert pair.compare(counterparts=without).uncompared == {MERGED: ("stem",), UNUSED: ("late",)}


def test_a_runtime_that_fails_is_a_finding(pair: Pair) -> None:
    def foreign(graph: onnx.GraphProto) -> None:
        maker(graph, "Conv", "inner").op_type = "NoSuchOperator"

    pair.spoil(foreign)
    found = compare_layers(pair.request()).value
    assert not found.passed
    assert "NoSuchOperator" in found.died


def test_the_comparison_runs_in_a_child_and_tells_its_memory(pair: Pair) -> None:
    result = compare_layers(pair.request())
    assert result.value == pair.compare()
    assert result.peak_mib > 20


@pytest.mark.parametrize(
    ("got", "wanted", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.5], [1.0, 2.0], 0.25),
        ([np.nan, 2.0], [np.nan, 2.0], 0.0),
        ([np.nan, 2.0], [1.0, 2.0], OTHER),
        ([np.inf, 2.0], [np.inf, 2.0], 0.0),
        ([-np.inf, 2.0], [np.inf, 2.0], OTHER),
        ([1.0], [1.0, 2.0], OTHER),
        ([1e-12, 0.0], [0.0, 0.0], 1e-6),
    ],
)
def test_differences_are_of_the_layers_scale(got: list[float], wanted: list[float], expected: float) -> None:
    assert difference(np.array(got), np.array(wanted)) == pytest.approx(expected)


def test_a_layer_that_cannot_be_run_alone_is_not_acquitted(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def double(graph: onnx.GraphProto) -> None:
        change_weight(graph, maker(graph, "Conv", "inner").input[1], lambda a: a * 2)

    pair.spoil(double)
    monkeypatch.setattr(Segments, "run", lambda *_: None)
    found = pair.compare()
    assert [c.value for c in found.culprits] == ["inner", "sum", "late", "pooled", "mean", "flat", "logits"]
    assert found.culprits[0].alone == OTHER
    assert found.inherited == 0


def test_each_node_runs_once_however_many_parts(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    plain = Exposed.session

    def counting(self: Exposed, nodes: Sequence[onnx.NodeProto], given: Feeds, outputs: Sequence[str]) -> Session:
        ran.extend(n.name or n.output[0] for n in nodes)
        return plain(self, nodes, given, outputs)

    monkeypatch.setattr(Exposed, "session", counting)
    graph = Exposed(pair.folder / "original.onnx", 1)
    names = [o for node in graph.nodes for o in node.output]
    x = Weights().clip(*SHAPE)
    parts = [made for (made,) in graph.relay([{name} for name in names], [{"x": x}])]
    assert sorted(ran) == sorted(names)
    assert [list(p) for p in parts] == [[n] for n in names]
    ((whole,),) = graph.relay([names], [{"x": x}])
    assert all((whole[n] == p[n]).all() for p, n in zip(parts, names, strict=True))
