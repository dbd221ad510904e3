"""A file appears as a whole or not at all."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from edgeconv.core.errors import DiskFull, UsageError
from edgeconv.core.staged_file import StagedFile


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_nothing_is_there_before_commit_and_no_scrap_after(tmp_path: Path) -> None:
    out = tmp_path / "new" / "model.onnx"
    with StagedFile(out) as staged:
        (staged.scratch / "scrap").write_text("x")
        staged.path.write_text("made")
        assert not out.exists()
        staged.commit()
    assert out.read_text() == "made"
    assert names(out.parent) == ["model.onnx"]


def test_a_failure_leaves_the_old_file_whole(tmp_path: Path) -> None:
    out = tmp_path / "model.onnx"
    out.write_text("old")

    def fail() -> None:
        with StagedFile(out) as staged:
            staged.path.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert out.read_text() == "old"
    assert names(tmp_path) == ["model.onnx"]


def test_weights_beside_the_file_move_with_it(tmp_path: Path) -> None:
    with StagedFile(tmp_path / "model.onnx") as staged:
        staged.path.write_text("graph")
        staged.path.with_name("model.onnx.data").write_text("weights")
        staged.commit()
    assert names(tmp_path) == ["model.onnx", "model.onnx.data"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.onnx").write_text("old")
    (tmp_path / "link.onnx").symlink_to("real.onnx")
    with StagedFile(tmp_path / "link.onnx") as staged:
        staged.path.write_text("new")
        staged.commit()
    assert (tmp_path / "link.onnx").is_symlink()
    assert (tmp_path / "real.onnx").read_text() == "new"


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder"), StagedFile(tmp_path):
        pass


def test_a_file_on_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="above it is a file"), StagedFile(tmp_path / "file" / "model.onnx"):
        pass


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(DiskFull, match="nothing was written to"), StagedFile(tmp_path / "model.onnx"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert names(tmp_path) == []
