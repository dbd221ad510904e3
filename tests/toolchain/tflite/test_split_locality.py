"""Operator by operator: does it see the frames of a batch alone? And its form for one frame."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from split_cases import each_frame_alone, frames_mixed
from strip_cases import FRAMES, F, frames

from edgeconv.tflite import Graph
from edgeconv.tflite.spec import specs
from edgeconv.tflite.split import locality
from edgeconv.tflite.split.locality import for_one_frame, treats_frames_alone


def alone(graph: Graph) -> list[bool]:
    seen = set(graph.inputs)
    told = []
    for op in graph.ops:
        told.append(treats_frames_alone(graph, op, seen))
        seen |= set(op.outputs) if told[-1] else set()
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
    assert treats_frames_alone(graph, op, set(graph.inputs))
    assert not treats_frames_alone(graph, replace(op, kind="NO_SUCH_OP"), set(graph.inputs))
    assert not treats_frames_alone(graph, op, set())


def test_every_operator_it_names_is_in_the_vocabulary() -> None:
    named = locality._FRAMEWISE | locality._ROWS | locality._REDUCING | locality._BROADCASTING
    assert named <= set(specs())


@pytest.mark.parametrize("name", ["flat", "rows cut", "transposed"])
def test_sizes_along_the_frames_become_one(name: str) -> None:
    graph = frames(each_frame_alone()[name], FRAMES)
    made = Graph()
    one = [for_one_frame(graph, op, made) for op in graph.ops]
    sizes = [np.asarray(t.data) for n, t in made.tensors.items() if n.endswith("/one_frame")]
    assert sizes
    assert all(s[0] == 1 for s in sizes)
    assert all(op.options["newShape"][0] == 1 for op in one if "newShape" in op.options)
    assert any(np.asarray(t.data).flat[0] == F for t in graph.tensors.values() if t.dtype == "int32")
