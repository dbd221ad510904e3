"""The set on disk: seeded, whole or not there, each frame encoded by itself."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest

from edgeconv_models.data.motions import MOTIONS
from edgeconv_models.data.moving_shapes import FRAMES, clip_pictures, encode, write


def digests(folder: Path) -> dict[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def test_the_same_seed_gives_the_same_set(tmp_path: Path) -> None:
    first = write(tmp_path / "a", {"train": 1, "val": 1}, seed=3)
    assert write(tmp_path / "b", {"train": 1, "val": 1}, seed=3) == first
    files = digests(tmp_path / "a")
    assert files == digests(tmp_path / "b")
    assert len(files) == 1 + 2 * len(MOTIONS)
    assert len(set(files.values())) == len(files)  # no clip twice, in no split
    assert json.loads((tmp_path / "a/moving-shapes.json").read_text())["checksum"] == first
    assert not np.array_equal(clip_pictures(3, "train", "up", 0)[0], clip_pictures(4, "train", "up", 0)[0])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]


def test_the_drawing_is_the_published_one() -> None:
    """Another numpy or another machine draws the same pixels; a change of the drawing needs a new VERSION."""
    pixels = hashlib.sha256(b"".join(f.tobytes() for f in clip_pictures(0, "train", "approach", 0))).hexdigest()
    assert pixels[:16] == "c40f789cd1cb95bd"


def test_a_set_that_is_there_is_kept_and_a_stranger_is_not_touched(tmp_path: Path) -> None:
    checksum = write(tmp_path / "a", {"val": 1})
    (tmp_path / "a/val/left/0000.avi").write_bytes(b"mine")
    assert write(tmp_path / "a", {"val": 1}) == checksum
    assert (tmp_path / "a/val/left/0000.avi").read_bytes() == b"mine"
    for clips, seed in (({"val": 2}, 0), ({"val": 1}, 1)):
        with pytest.raises(FileExistsError, match="something else"):
            write(tmp_path / "a", clips, seed)
    with pytest.raises(ValueError, match="splits are train, val, test"):
        write(tmp_path / "b", {"all": 1})
    with pytest.raises(ValueError, match="0 clips of 'val'"):
        write(tmp_path / "b", {"val": 0})
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_half_a_set_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from edgeconv_models.data import moving_shapes

    def full(path: Path, frames: object) -> None:  # noqa: ARG001
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(moving_shapes, "encode", full)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "a", {"val": 1})
    assert list(tmp_path.iterdir()) == []


def test_what_the_codec_loses_tells_nothing_of_the_neighbours(tmp_path: Path) -> None:
    moving, still = clip_pictures(0, "val", "right", 0), clip_pictures(0, "val", "recede", 1)
    encode(tmp_path / "a.avi", moving)
    encode(tmp_path / "b.avi", [still[3], moving[5], moving[5], still[0]])
    first, second = decoded(tmp_path / "a.avi"), decoded(tmp_path / "b.avi")
    assert len(first) == FRAMES
    assert np.array_equal(first[5], second[1])
    assert np.array_equal(second[1], second[2])
    assert 0 < np.abs(first[5].astype(int) - moving[5]).mean() < 6


def test_the_command(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "edgeconv_models.data", str(tmp_path / "set")]
    sizes = ["--train", "1", "--val", "1", "--test", "1"]
    done = subprocess.run([*command, *sizes], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("36 clips in ")
    again = subprocess.run([*command, *sizes, "--seed", "1"], capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "something else" in again.stderr
    assert "Traceback" not in again.stderr
