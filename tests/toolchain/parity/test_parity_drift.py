"""What an operator costs and why: measured on networks that were spoilt in one known way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from strip_cases import FRAMES, C, frames
from test_strip_spatial import GEOMETRIES
from tflite_graphs import Build, numbers, seen_ranges

from edgeconv.core.drift import DriftPoint
from edgeconv.inspection import inspect_file
from edgeconv.parity import diagnose
from edgeconv.runtimes import CompareRequest, Feed, TensorDrift, compare_tensors
from edgeconv.tflite import Range, Recipe, quantize, write

ONE = GEOMETRIES["1x1"]
Spoilt = Callable[[dict[str, Range]], None]


def drift(build: Build, folder: Path, spoil: Spoilt | None = None) -> dict[str, DriftPoint]:
    """By operator kind; `spoil` changes the ranges that calibration found."""
    graph = frames(build, FRAMES)
    clips = np.stack([numbers(*FRAMES, seed=seed) for seed in range(3)])
    np.save(folder / "clips.npy", clips)
    ranges = seen_ranges(graph, clips.reshape(-1, *FRAMES)[0])
    if spoil:
        spoil(ranges)
    (folder / "float.tflite").write_bytes(write(graph, "case"))
    (folder / "int8.tflite").write_bytes(write(quantize(graph, ranges, Recipe()), "case"))
    feed = Feed(clips=folder / "clips.npy", perm=(0, 1, 2, 3), physical=FRAMES)
    request = CompareRequest(
        reference=folder / "float.tflite", candidate=folder / "int8.tflite", feeds=(feed,), clips=3, threads=1
    )
    tensors = compare_tensors(request).value.tensors
    return {p.op: p for p in diagnose(tensors, inspect_file(folder / "int8.tflite"))}


def one_by_one(scales: Any = 1.0) -> Build:
    weight = numbers(C, C, 1, 1) * np.broadcast_to(np.asarray(scales, np.float32), (C,))[:, None, None, None]
    return lambda b, x: b.conv2d(x, weight.astype(np.float32), numbers(C), ONE, 1)


def test_a_fair_layer_is_rounded_once(tmp_path: Path) -> None:
    found = drift(one_by_one(), tmp_path)
    assert found["input"].causes == ()
    assert found["input"].lost_db == 0
    assert all(c.startswith(("rounded", "inherited")) for c in found["CONV_2D"].causes)


def test_a_range_too_small_saturates(tmp_path: Path) -> None:
    def halved(ranges: dict[str, Range]) -> None:
        for name in [n for n in ranges if "CONV" in n]:
            ranges[name] = ranges[name][0] / 4, ranges[name][1] / 4

    point = drift(one_by_one(), tmp_path, halved)["CONV_2D"]
    assert point.lost_db > 10
    (cause,) = [c for c in point.causes if c.startswith("saturated")]
    assert 20 < float(cause.split()[1]) < 90


def test_one_loud_channel(tmp_path: Path) -> None:
    point = drift(one_by_one([100, 1, 1, 1]), tmp_path)["CONV_2D"]
    (cause,) = [c for c in point.causes if c.startswith("one scale")]
    assert "times the median one" in cause


def test_dead_channels_are_counted(tmp_path: Path) -> None:
    def build(b: Any, x: str) -> str:
        weight = numbers(C, C, 1, 1) * np.array([1, 0, 1, 0], np.float32)[:, None, None, None]
        return str(b.conv2d(x, weight.astype(np.float32), np.zeros(C, np.float32), ONE, 1))

    def widened(ranges: dict[str, Range]) -> None:
        ranges.update({n: (-100.0, 100.0) for n in ranges if "CONV" in n})

    causes = drift(build, tmp_path, widened)["CONV_2D"].causes
    assert f"2 of {C} channels are dead" in causes
    assert any(c.startswith("rounded") for c in causes)


def test_an_operand_of_another_scale(tmp_path: Path) -> None:
    def build(b: Any, x: str) -> str:
        return str(b.binary("Add", x, one_by_one(0.01)(b, x)))

    def widened(ranges: dict[str, Range]) -> None:
        ranges.update({n: (-40.0, 40.0) for n in ranges if "ADD" in n})

    causes = drift(build, tmp_path, widened)["ADD"].causes
    assert any(c.startswith("requantized") for c in causes)


@pytest.mark.parametrize("db", [0.9, 1.1])
def test_only_what_costs_is_asked_for_its_cause(tmp_path: Path, db: float) -> None:
    drift(one_by_one(), tmp_path)
    summary = inspect_file(tmp_path / "int8.tflite")
    names = [summary.inputs[0].name, summary.outputs[0].name]
    decibels = zip(names, (30, 30 - db), strict=True)
    before, after = (TensorDrift(tensor=n, sqnr_db=d, cosine=1, steps=0.3) for n, d in decibels)
    assert bool(diagnose([before, after], summary)[1].causes) is (db >= 1)
