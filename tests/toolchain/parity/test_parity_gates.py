"""Each threshold, on either side of it."""

from __future__ import annotations

import pytest

from edgeconv.core.report import Gate, Metrics, ParityPair
from edgeconv.parity.gates import gate_exact, gate_float, gate_quantized
from edgeconv.parity.metrics import failed_pair
from edgeconv.profiles import ParityProfile

PROFILE = ParityProfile(int8_cosine_mean=0.95, int8_cosine_min=0.9, max_saturated=0.05)
GOOD = {"max_abs": 0.0, "relative": 0.0, "cosine": 1.0, "sqnr_db": 40.0, "top1": 1.0, "top5": 1.0, "saturated": 0.0}


def compared(mean: dict[str, float] | None = None, worst: dict[str, float] | None = None) -> ParityPair:
    return ParityPair(
        reference="PyTorch",
        candidate="int8 TFLite (litert)",
        mean=Metrics(**(GOOD | (mean or {}))),
        worst=Metrics(**(GOOD | (worst or {}))),
        worst_clip="cam1.mp4#0",
        clips={},
    )


def red(gates: tuple[Gate, ...]) -> list[str]:
    return [g.name.rpartition(") ")[2] for g in gates if not g.passed]


@pytest.mark.parametrize(("relative", "passed"), [(0.0, True), (1e-5, True), (1.0001e-5, False), (float("nan"), False)])
def test_float(relative: float, passed: bool) -> None:
    gate = gate_float(compared(worst={"relative": relative}), 1e-5)
    assert gate.passed is passed
    assert gate.name == "parity: int8 TFLite (litert) relative error"
    assert gate.required == "at most 1e-05 of the output's scale"
    assert gate.detail == "worst clip cam1.mp4#0"


def test_float_looks_at_the_worst_clip_not_at_the_mean() -> None:
    assert gate_float(compared(mean={"relative": 1.0}), 1e-5).passed


@pytest.mark.parametrize(("apart", "passed"), [(0.0, True), (1e-9, False), (float("nan"), False)])
def test_exact(apart: float, passed: bool) -> None:
    gate = gate_exact(compared(worst={"max_abs": apart}))
    assert gate.passed is passed
    assert gate.name == "parity: int8 TFLite (litert) equals PyTorch"
    assert not gate_exact(failed_pair("PyTorch", "int8 TFLite (litert)", "it crashed")).passed


def test_the_threshold_is_shown_as_the_profile_has_it() -> None:
    assert gate_float(compared(), 1.5e-5).required == "at most 1.5e-05 of the output's scale"


@pytest.mark.parametrize(
    ("mean", "worst", "found"),
    [
        ({"cosine": 0.95, "saturated": 0.05}, {"cosine": 0.9}, []),
        ({"cosine": 0.9499}, {}, ["cosine mean"]),
        ({}, {"cosine": 0.8999}, ["cosine min"]),
        ({"saturated": 0.0501}, {}, ["saturated outputs"]),
        ({}, {"saturated": 1.0}, []),  # one clip alone does not gate
        ({"cosine": -1.0, "saturated": 1.0}, {"cosine": -1.0}, ["cosine mean", "cosine min", "saturated outputs"]),
    ],
)
def test_quantized(mean: dict[str, float], worst: dict[str, float], found: list[str]) -> None:
    assert red(gate_quantized(compared(mean, worst), PROFILE)) == found


def test_quantized_says_what_was_measured_and_asked() -> None:
    gate = gate_quantized(compared({"cosine": 0.8123}), PROFILE)[0]
    assert (gate.measured, gate.required, gate.detail) == ("0.8123", "at least 0.95", "worst clip cam1.mp4#0")


def test_a_candidate_that_failed_turns_all_its_gates_red() -> None:
    """Its metrics are zeros, which alone would pass two of them."""
    dead = failed_pair("PyTorch", "int8 TFLite (litert)", "litert was killed by SIGABRT")
    gates = (gate_float(dead, 1e-5), *gate_quantized(dead, PROFILE))
    assert [g.passed for g in gates] == [False] * 4
    assert {g.measured for g in gates} == {"litert was killed by SIGABRT"}
    assert {g.detail for g in gates} == {""}
