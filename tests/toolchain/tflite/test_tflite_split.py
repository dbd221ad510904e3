"""Where a network is cut, and that the parts one after the other are the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from split_cases import (
    ONE,
    THREE,
    assert_parts_equal_the_whole,
    each_frame_alone,
    frames_mixed,
    int8_of,
    network,
    one_after_the_other,
    over_time,
)
from strip_cases import FRAMES, C, F, H, W, frames
from tflite_graphs import draws, kinds, numbers, run

from edgeconv.core.errors import ModelError
from edgeconv.tflite import FEATURES, Recipe, Wide, split


def reason(graph: Any) -> str:
    with pytest.raises(ModelError) as refused:
        split(graph)
    assert refused.value.hint
    (why,) = refused.value.reasons
    return str(why)


@pytest.mark.parametrize("name", each_frame_alone())
def test_what_sees_frames_alone_runs_in_the_backbone(name: str) -> None:
    parts = assert_parts_equal_the_whole(network(each_frame_alone()[name]))
    assert parts.frames == F
    weighted = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED")
    assert sum(k in weighted for k in kinds(parts.head)) == 1, "but for the one over time"
    assert all(t.shape[0] == 1 for t in parts.backbone.tensors.values() if t.data is None)
    features = parts.head.shape(parts.head.inputs[0])
    assert np.prod(features) == F * np.prod(parts.backbone.shape(parts.cut))
    assert parts.backbone.ports[parts.backbone.outputs[0]] == parts.head.ports[parts.head.inputs[0]] == FEATURES


@pytest.mark.parametrize("name", frames_mixed())
def test_what_mixes_frames_runs_in_the_head(name: str) -> None:
    """With a layer behind it that sees them alone again: that stays in the head as well."""
    graph = network(frames_mixed()[name], lambda b, x: b.unary("Sigmoid", x, {}))
    parts = assert_parts_equal_the_whole(graph)
    assert kinds(parts.backbone)[-1] == "CONV_2D"
    assert "LOGISTIC" in kinds(parts.head)


def test_the_smallest_tensor_behind_the_last_weights_is_cut() -> None:
    """Pads, wide copies and views are the head's: what is kept of each frame is as small as can be."""

    def grown_and_shrunk(b: Any, x: str) -> str:
        pooled = b.reduce("ReduceMean", THREE(b, x), (1, 2))
        return str(b.concat([pooled] * 3, 3))

    parts = assert_parts_equal_the_whole(network(grown_and_shrunk))
    assert np.prod(parts.backbone.shape(parts.cut)) == C
    assert "CONCATENATION" in kinds(parts.head)
    assert kinds(parts.backbone).count("CONV_2D") == 2


def test_work_goes_before_size() -> None:
    parts = split(network(lambda b, x: b.conv2d(x, numbers(9 * C, C, 1, 1), None, ONE, 1)))
    assert parts.backbone.shape(parts.cut) == (1, H, W, 9 * C)


def test_a_way_around_the_cut_moves_it_back() -> None:
    def skipping(b: Any, x: str) -> str:
        stem = THREE(b, x)
        deep = THREE(b, str(THREE(b, str(stem))))
        return str(b.binary("Add", over_time(b, str(deep)), over_time(b, str(stem))))

    parts = assert_parts_equal_the_whole(frames(skipping, FRAMES))
    assert kinds(parts.backbone) == ["CONV_2D"]


def test_several_outputs_of_one_cut() -> None:
    def two_heads(b: Any, x: str) -> list[str]:
        made = str(THREE(b, x))
        return [over_time(b, made), str(b.unary("Sigmoid", made, {}))]

    parts = assert_parts_equal_the_whole(frames(two_heads, FRAMES))
    assert len(parts.head.outputs) == 2


def test_time_first_cannot_be_split() -> None:
    """Nor where nothing but a pointwise function comes before it: there is no work to save."""

    def build(b: Any, x: str) -> str:
        mixed = over_time(b, b.unary("Sigmoid", x, {}))
        return str(b.conv2d(mixed, numbers(3, 2, 1, 1), None, ONE, 1))

    why = reason(frames(build, FRAMES))
    assert "looks at several frames" in why
    assert why.split("'")[1]


def test_an_image_network_cannot_be_split() -> None:
    assert "more than one frame" in reason(frames(THREE, FRAMES))


def test_one_frame_cannot_be_split() -> None:
    assert "one frame" in reason(frames(THREE, (1, H, W, C)))


def test_two_inputs_cannot_be_split() -> None:
    assert "2 inputs" in reason(frames(lambda b, x, y: b.binary("Add", x, y), FRAMES, FRAMES))


def test_the_graph_stays_as_it_is() -> None:
    graph, _ = int8_of(network())
    before = list(graph.ops), dict(graph.tensors), list(graph.inputs), list(graph.outputs), dict(graph.ports)
    first, second = split(graph), split(graph)
    assert (graph.ops, graph.tensors, graph.inputs, graph.outputs, graph.ports) == before
    assert first.backbone.ops == second.backbone.ops
    assert list(first.head.tensors) == list(second.head.tensors)


SAME_SHAPE = ("convolution", "depthwise", "residual", "swish", "per channel", "per row", "squeeze", "softmax")
KEPT = ("per frame", "frames backwards")


@draws(25)
@given(st.lists(st.sampled_from([*SAME_SHAPE, *KEPT]), min_size=1, max_size=5))
def test_any_chain_of_layers(names: list[str]) -> None:
    table = {**each_frame_alone(), **frames_mixed()}
    parts = assert_parts_equal_the_whole(network(*(table[name] for name in names)))
    first = next((i for i, n in enumerate(names) if n in KEPT), len(names))
    weighted = sum(n in ("convolution", "depthwise", "residual") for n in names[:first])
    assert sum(k in ("CONV_2D", "DEPTHWISE_CONV_2D") for k in kinds(parts.backbone)) >= 1 + weighted


@pytest.mark.parametrize("precision", ["int16", "float32"])
def test_a_backbone_with_a_recipe_gives_int8(precision: Wide) -> None:
    graph = network(THREE)
    first = next(op.outputs[0] for op in graph.ops if op.kind == "CONV_2D")
    whole, steps = int8_of(graph, Recipe(wide={first: precision}))
    parts = split(whole)
    assert whole.tensors[parts.cut].dtype == "int8"
    assert {t.dtype for t in parts.backbone.tensors.values()} >= {"int8", precision}
    (expected,) = run(whole, steps)
    (got,) = one_after_the_other(parts, steps)
    assert np.unique(expected).size > 1
    np.testing.assert_array_equal(got, expected)
