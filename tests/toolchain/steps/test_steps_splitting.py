"""The split step: what the profile asks for, what it may leave out, and the facts that stand in the report."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from split_cases import int8_of, network, over_time
from strip_cases import FRAMES, C, F, H, W, frames

from edgeconv import bundle, lowering, sources, tflite
from edgeconv.core.errors import ModelError
from edgeconv.core.progress import Silent, Stopwatch
from edgeconv.inspection import inspect_file
from edgeconv.profiles import SplitProfile, load_profile
from edgeconv.steps.splitting import split, told_split
from edgeconv.steps.state import INT8, Converted, ExportRequest, Quantized, Road


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    spec = sources.SourceSpec(text="m.onnx", kind="onnx file", location="m.onnx")
    request = ExportRequest(spec, load_profile("tflite"), tmp_path / "out")
    with bundle.StagedFolder(request.out) as staged:
        made = Road(request, staged, Stopwatch(Silent()))
        made.clips["verification"] = {"x0": tmp_path / "clips.npy"}
        yield made


def asked(road: Road, graph: tflite.Graph, **changes: Any) -> None:
    """The step on a quantized network, with changes to the profile."""
    object.__setattr__(road.request, "profile", road.profile.model_copy(update=changes))
    int8, _ = int8_of(graph)
    road.file(INT8).write_bytes(tflite.write(int8, "case"))
    road.summaries[INT8] = inspect_file(road.file(INT8))
    port = lowering.Port("x0", FRAMES, (0, 1, 2, 3), FRAMES)
    trace = lowering.Trace(inputs=[port], outputs=[])
    split(road, Converted(graph, trace, trace), Quantized(int8, ()))


def test_two_files_that_the_device_runs(road: Road) -> None:
    asked(road, network(), split=SplitProfile(names=("spine", "brain")))
    assert road.for_device == ("spine_int8.tflite", "brain_int8.tflite")
    assert {g.name.partition(":")[0] for g in road.gates} == set(road.for_device)
    assert all(g.passed for g in road.gates)
    assert road.split is not None
    assert (road.split.frames, road.split.tail, road.split.names) == (F, 0, "spine + brain")
    told = told_split(road, road.split)
    assert told.backbone.macs + told.head.macs < told.whole.macs
    assert told.backbone.largest == H * W * C
    assert told.backbone.takes == f"one frame, int8 [1, {H}, {W}, {C}]"


def test_a_head_in_strips_has_a_gap(road: Road) -> None:
    asked(road, network(lambda b, x: b.concat([x, x], 0)), split=SplitProfile(), fold="strip")
    assert road.split is not None
    assert all(g.passed for g in road.gates if "batch" in g.name)
    assert sum("batch" in g.name for g in road.gates) == 2


def test_not_asked_for(road: Road) -> None:
    asked(road, network(), split=None)
    assert (road.split, road.for_device, road.gates, road.stages) == (None, (INT8,), [], [])


def test_what_cannot_be_split(road: Road) -> None:
    time_first = frames(over_time, FRAMES)
    asked(road, time_first, split=SplitProfile())
    assert road.for_device == (INT8,)
    assert road.stages[-1].status == "warning"
    assert "not split" in road.warnings[0]
    with pytest.raises(ModelError, match="cannot be split"):
        asked(road, time_first, split=SplitProfile(required=True))
