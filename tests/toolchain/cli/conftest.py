"""One small real export and a folder of small videos, shared by the whole session."""

from __future__ import annotations

from pathlib import Path

import pytest
from cli_tools import TINY, Exported, Ran, edgeconv, write_profile

from edgeconv.video.synthetic import write_synthetic


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four real encoded videos."""
    folder = tmp_path_factory.mktemp("clips") / "videos"
    write_synthetic(folder, "calibration", 4, seed=1)
    return folder


@pytest.fixture(scope="session")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_profile(tmp_path_factory.mktemp("profiles") / "loose.yaml")


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory, videos: Path, profile: Path) -> Exported:
    """ECO-Lite 4D-add, small, exported once for real."""
    made = Exported(tmp_path_factory.mktemp("export") / "bundle", profile, videos, Ran(-1, "", ""))
    ran = edgeconv(*made.arguments, "--out", made.bundle, COLUMNS="80")
    assert ran.code == 0, ran.out + ran.err
    return Exported(made.bundle, profile, videos, ran)


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    """A source that builds and exports in a few seconds."""
    (tmp_path / "net.py").write_text(TINY, encoding="utf-8")
    return f"{tmp_path / 'net.py'}:tiny"
