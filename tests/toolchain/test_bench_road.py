"""Files in turns, each in a process of its own; what cannot run is a finding, and the others go on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tflite_graphs import built, numbers, quantized_graph

from edgeconv.bench_road import Contender, Timing, bench
from edgeconv.core.progress import Silent
from edgeconv.runtimes import available
from edgeconv.tflite import write

SHAPE = (1, 6, 5, 3)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    graph = built(lambda b, x: b.unary("Relu", b.binary("Add", x, b.constant(numbers(1, 1, 5, 3))), {}), SHAPE)
    path = tmp_path / "int8.tflite"
    path.write_bytes(write(quantized_graph(graph, numbers(*SHAPE)), "case"))
    return path


class Told(Silent):
    def __init__(self) -> None:
        self.details: list[str] = []

    def detail(self, text: str) -> None:
        self.details.append(text)


def test_every_contender_gets_its_runs(model: Path) -> None:
    runtimes = [r for r in ("litert", "tflite-runtime") if available(r)]
    told = Told()
    found = bench([Contender("b", model, r, n) for r in runtimes for n in (1, 2)], rounds=3, runs=2, progress=told)
    assert told.details == [f"round {n} of 3" for n in (1, 2, 3)]
    assert [t.contender.runtime for t in found] == [r for r in runtimes for _ in range(2)]
    for timing in found:
        assert timing.failure == ""
        assert len(timing.milliseconds) == 6
        assert 0 < min(timing.milliseconds) <= timing.p50 <= timing.p90 <= max(timing.milliseconds)
        assert timing.peak_mib > 10
    assert found[0].partitions == 1


def test_a_file_that_does_not_load_is_a_finding(model: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"\x1c\0\0\0TFL3" + b"\xff" * 99)
    bad, good = bench([Contender("b", broken, "litert", 1), Contender("b", model, "litert", 1)], rounds=2, runs=1)
    assert "litert" in bad.failure
    assert bad.milliseconds == []
    assert len(good.milliseconds) == 2


@pytest.mark.parametrize(
    ("times", "p50", "p90"), [([5.0], 5, 5), ([4.0, 1.0, 3.0, 2.0], 2.5, 3.7), ([float(i) for i in range(11)], 5, 9)]
)
def test_percentiles(times: list[float], p50: float, p90: float) -> None:
    timing = Timing(Contender("b", Path("m"), "litert", 1), milliseconds=times)
    assert timing.p50 == pytest.approx(p50)
    assert timing.p90 == pytest.approx(p90)
