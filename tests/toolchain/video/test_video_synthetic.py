from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeconv.core.errors import ExitCode, ToolError
from edgeconv.video.decode import inspect_video
from edgeconv.video.sources import VideoSource
from edgeconv.video.synthetic import FRAME_COUNTS, HEIGHT, MOTIONS, WIDTH, choose_look, render, write_synthetic


@pytest.mark.parametrize("motion", MOTIONS)
def test_every_motion_moves_and_has_a_direction_in_time(motion: str) -> None:
    random = np.random.default_rng(3)
    look = choose_look(MOTIONS.index(motion), random)
    frames = np.stack(list(render(motion, 12, look, random))).astype(np.int16)
    assert frames.shape == (12, HEIGHT, WIDTH, 3)
    smooth = frames.reshape(12, HEIGHT // 8, 8, WIDTH // 8, 8, 3).mean((2, 4))
    assert np.abs(smooth[-1] - smooth[0]).max() > 20
    assert np.abs(smooth - smooth[::-1]).mean() > 1


def test_eight_videos_in_a_row_cover_every_property() -> None:
    """Activations follow brightness, contrast, detail and noise: a set that is all alike calibrates for that alone."""
    looks = [choose_look(number, np.random.default_rng(number)) for number in range(5, 13)]
    assert min(k.brightness for k in looks) < 65 < 185 < max(k.brightness for k in looks)
    assert min(k.contrast for k in looks) < 30 < 130 < max(k.contrast for k in looks)
    assert min(k.detail for k in looks) < 7 < 50 < max(k.detail for k in looks)
    assert min(k.grain for k in looks) < 2.5 < 16 < max(k.grain for k in looks)


def test_files_are_real_videos_and_repeat_byte_for_byte(tmp_path: Path) -> None:
    first = write_synthetic(tmp_path / "a", "calibration", 2, seed=0)
    again = write_synthetic(tmp_path / "b", "calibration", 2, seed=0)
    other = write_synthetic(tmp_path / "c", "verification", 2, seed=0)
    seeded = write_synthetic(tmp_path / "d", "calibration", 2, seed=1)
    for number, path in enumerate(first):
        info = inspect_video(VideoSource(path.name, path))
        assert (info.frames, info.width, info.height) == (FRAME_COUNTS[number], WIDTH, HEIGHT)
        assert path.read_bytes() == again[number].read_bytes()
        assert path.read_bytes() != other[number].read_bytes()
        assert path.read_bytes() != seeded[number].read_bytes()


def test_a_scratch_that_cannot_be_written_is_a_tool_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ToolError, match="cannot be written to") as caught:
        write_synthetic(tmp_path / "file", "calibration", 1, seed=0)
    assert caught.value.exit_code == ExitCode.TOOL
