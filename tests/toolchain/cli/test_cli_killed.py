"""kill -9 in the middle of a real export: the earlier bundle stays whole, and nothing of the dead run stays."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from cli_killing import kill_at, points
from cli_small import small
from cli_tools import digests, edgeconv, write_profile

from edgeconv.bundle import inspect_bundle

SEED = 20240517


def lasting(bundle: Path) -> dict[str, str]:
    return {name: digest for name, digest in digests(bundle).items() if name != "timings.json"}


@pytest.mark.parametrize("per_stage", [1, pytest.param(5, marks=pytest.mark.nightly)])
def test_no_kill_loses_a_bundle(tmp_path: Path, per_stage: int) -> None:
    """Each run finds what the one before it left; the last one is left in peace."""
    profile = write_profile(tmp_path / "p.yaml", extra="  runtimes: [litert]\n  matrix_clips: 1\n", cosine=-1)
    arguments = (*small(tmp_path), "--profile", profile)
    old, place, scratch = (tmp_path / name for name in ("old", "place", "scratch"))
    ran = edgeconv(*arguments, "--out", old)
    assert ran.code == 0, ran.err
    before = digests(old)  # a new one differs in its timings
    stages: dict[str, float] = {"": 0.5}
    for stage in json.loads((old / "timings.json").read_text())["stages"]:
        stages[stage["name"]] = stages.get(stage["name"], 0.0) + stage["seconds"]
    scratch.mkdir()
    shutil.copytree(old, place / "net")
    survived = 0
    kills = points(stages, per_stage, SEED)
    assert len(kills) >= 12
    for point in kills:
        orphans = kill_at(point, (*arguments, "--out", place / "net"), scratch)
        assert orphans == [], point
        assert {p.name for p in place.iterdir()} <= {"net", ".net.partial"}, point
        assert len(list(place.glob(".net.partial/work-*"))) <= 1, point
        assert list(scratch.iterdir()) == [], point
        found = inspect_bundle(place / "net")
        assert found.findings == (), point
        if digests(place / "net") == before:
            survived += 1
        else:  # it was killed behind the swap
            assert lasting(place / "net") == lasting(old), point
            shutil.rmtree(place / "net")
            shutil.copytree(old, place / "net")
    assert survived >= len(kills) * 3 // 4
    ran = edgeconv(*arguments, "--out", place / "net")
    assert ran.code == 0, ran.err
    assert [p.name for p in place.iterdir()] == ["net"]
    assert lasting(place / "net") == lasting(old)
    assert digests(place / "net") != before
