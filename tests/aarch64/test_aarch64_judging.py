"""The judgement over two machines, on what they might tell."""

from __future__ import annotations

from typing import Any

import pytest

from aarch64.judging import Judged, Told


def told(machine: str, *digests: str, **more: Any) -> Told:
    golden = [
        {
            "clip": f"clip {i}",
            "model": "m",
            "values": 7,
            "different": 0,
            "largest_difference": 0,
            "tolerance": 2,
            "sha256": d,
        }
        for i, d in enumerate(digests)
    ]
    fixed = {"machine": machine, "python": "3.11", "runtime": "tflite-runtime 2.14.0", "peak_mib": 50.0}
    return {**fixed, "findings": [], "golden": golden, "milliseconds": {"m": [3.0]}, **more}


def judged(**changes: Told) -> Judged:
    fine = {
        "here": told("x86_64", "a", "b"),
        "there": told("aarch64", "c", "d"),
        "reference_here": told("x86_64", "e", "f"),
        "reference_there": told("aarch64", "e", "f"),
    }
    return Judged(**{**fine, **changes})


def test_only_reference_kernels_must_be_equal() -> None:
    assert list(judged().findings()) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"reference_there": told("aarch64", "e", "x")}, "clip 1: m: the reference kernels answer in other bytes"),
        ({"reference_there": told("aarch64", "e")}, "other golden vectors were run"),
        ({"reference_here": told("x"), "reference_there": told("y")}, "other golden vectors were run"),
        ({"there": told("aarch64", "c", "d", findings=["9 steps"])}, "aarch64: 9 steps"),
    ],
)
def test_what_must_not_be_is_found(changes: dict[str, Told], words: str) -> None:
    (finding,) = judged(**changes).findings()
    assert words in finding


def test_both_machines_are_told() -> None:
    text = "\n".join(judged().lines())
    assert text.count("x86_64") == text.count("aarch64") == 2
    assert text.count("reference kernels") == 2
    assert text.count("equal, bit for bit") == 8
