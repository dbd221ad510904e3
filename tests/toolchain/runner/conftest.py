"""Real bundles, exported once per session: frames fold with int8 ends; nightly strips with uint8 ends too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from runner_cases import export

from edgeconv.video.synthetic import write_synthetic


@pytest.fixture(scope="session")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(tmp_path_factory.mktemp("frames"), "frames")


@pytest.fixture(scope="session", params=["frames", pytest.param("strip", marks=pytest.mark.nightly)])
def bundle(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if request.param == "strip":
        return export(tmp_path_factory.mktemp("strips"), "strip")
    made: Path = request.getfixturevalue("frames")
    return made


@pytest.fixture
def copy(frames: Path, tmp_path: Path) -> Path:
    """One to spoil."""
    return Path(shutil.copytree(frames, tmp_path / "copy"))


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What an export without --calibration verifies with."""
    folder = tmp_path_factory.mktemp("videos")
    write_synthetic(folder, "verification", 3, seed=0)
    return folder
