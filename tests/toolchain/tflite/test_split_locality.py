"""Operator by operator: does it see the frames of a batch alone? And its form for one frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from split_cases import each_frame_alone, frames_mixed
from strip_cases import FRAMES, C, F, H, W, frames
from test_strip_spatial import GEOMETRIES
from tflite_graphs import numbers

from edgeconv.tflite import Graph
from edgeconv.tflite.spec import specs
from edgeconv.tflite.split import locality
from edgeconv.tflite.split.locality import for_one_frame, frames_axis


def alone(graph: Graph) -> list[bool]:
    seen = dict.fromkeys(graph.inputs, 0)
    told = []
    for op in graph.ops:
        axis = frames_axis(graph, op, seen)
        told.append(axis is not None)
        if axis is not None:
            seen[op.outputs[0]] = axis
    return told


@pytest.mark.parametrize("name", each_frame_alone())
def test_alone(name: str) -> None:
    told = alone(frames(each_frame_alone()[name], FRAMES))
    assert told
    assert all(told)


@pytest.mark.parametrize("name", frames_mixed())
def test_mixing(name: str) -> None:
    assert not all(alone(frames(frames_mixed()[name], FRAMES)))


def test_what_it_does_not_know_it_takes_for_mixing() -> None:
    graph = frames(each_frame_alone()["convolution"], FRAMES)
    (op,) = graph.ops
    source = graph.inputs[0]
    assert frames_axis(graph, op, {source: 0}) == 0
    assert frames_axis(graph, replace(op, kind="NO_SUCH_OP"), {source: 0}) is None
    assert frames_axis(graph, op, {}) is None


def test_frames_may_lie_along_another_axis() -> None:
    """[F, H, W, C] as [1, F, H·W, C], its mean over the pixels, and back again; but no window over them."""

    def build(b: Any, x: str) -> str:
        lane = b.reshape(x, (1, F, H * W, C))
        scaled = b.binary("Mul", lane, b.constant(numbers(1, H * W, C)))
        return str(b.reshape(b.reduce("ReduceMean", scaled, (2,)), (F, 1, 1, C)))

    assert all(alone(frames(build, FRAMES)))

    def over_time(b: Any, x: str) -> str:
        return str(b.conv2d(b.reshape(x, (1, F, H * W, C)), numbers(2, C, 3, 1), None, GEOMETRIES["1x1"], 1))

    assert not all(alone(frames(over_time, FRAMES)))

    def per_frame(b: Any, x: str) -> str:
        return str(b.binary("Mul", b.reshape(x, (1, F, H * W, C)), b.constant(numbers(F, 1, C))))

    assert not all(alone(frames(per_frame, FRAMES)))


def test_every_operator_it_names_is_in_the_vocabulary() -> None:
    named = locality._WINDOWS | locality._FRAMEWISE | locality._ROWS | locality._REDUCING | locality._BROADCASTING
    assert named <= set(specs())


@pytest.mark.parametrize("name", ["flat", "rows cut", "transposed"])
def test_sizes_along_the_frames_become_one(name: str) -> None:
    graph = frames(each_frame_alone()[name], FRAMES)
    made = Graph()
    one = [for_one_frame(graph, op, 0, made) for op in graph.ops]
    sizes = [np.asarray(t.data) for n, t in made.tensors.items() if n.endswith("/one_frame")]
    assert sizes
    assert all(s[0] == 1 for s in sizes)
    assert all(op.options["newShape"][0] == 1 for op in one if "newShape" in op.options)
    assert any(np.asarray(t.data).flat[0] == F for t in graph.tensors.values() if t.dtype == "int32")
