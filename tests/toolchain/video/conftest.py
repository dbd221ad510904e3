from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edgeconv.profiles import ClipsProfile, VideoProfile
from edgeconv.video.clips import ClipRequest


@pytest.fixture
def request_clips(tmp_path: Path) -> Callable[..., ClipRequest]:
    """Make a small ClipRequest: 8 frames of 32×32 with identity normalisation, unless told otherwise."""

    def make(calibration_dir: Path | None = None, verification_dir: Path | None = None, **changes) -> ClipRequest:
        options = {
            "frames": 8,
            "height": 32,
            "width": 32,
            "video": VideoProfile(resize=40, mean=(0.0, 0.0, 0.0)),
            "calibration": ClipsProfile(clips=4),
            "verification": ClipsProfile(clips=3),
            "seed": 0,
            "scratch": tmp_path / "scratch",
        }
        return ClipRequest(calibration_dir=calibration_dir, verification_dir=verification_dir, **{**options, **changes})

    return make
