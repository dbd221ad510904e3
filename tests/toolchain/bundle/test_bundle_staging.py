"""An export replaces a bundle whole or not at all, and leaves nothing behind."""

from __future__ import annotations

import errno
import json
import os
import threading
from pathlib import Path

import pytest
from staging_cases import fill, tree, write

from edgeconv.bundle import StagedFolder, staging
from edgeconv.core.errors import DiskFull, ExitCode, ModelError, ToolError, UsageError


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A place that holds an earlier bundle."""
    fill(tmp_path / "out", "old")
    return tmp_path / "out"


@pytest.fixture(params=["exchange", "two renames"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to replace a bundle: renameat2, and what serves where it is not there."""
    if request.param == "two renames":

        class Libc:
            def __init__(self, *_: object, **__: object) -> None: ...

        monkeypatch.setattr(staging.ctypes, "CDLL", Libc)
    return str(request.param)


def test_a_new_folder_appears_with_its_parents(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "out", "new")
    assert tree(tmp_path / "a" / "b").keys() == {"out", "out/manifest.json", "out/golden", "out/golden/input_0.npy"}


def test_nothing_appears_before_the_commit(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with StagedFolder(out) as staged:
        fill(staged.path, "new")
        assert not out.exists()
        assert staged.path.stat().st_dev == tmp_path.stat().st_dev
        staged.commit()
        assert (out / "manifest.json").is_file()


def test_without_a_commit_nothing_is_left(tmp_path: Path) -> None:
    with StagedFolder(tmp_path / "out") as staged:
        fill(staged.path, "new")
    assert tree(tmp_path) == {}


def test_an_old_bundle_is_replaced_whole(out: Path, way: str) -> None:  # noqa: ARG001
    (out / "only_in_the_old.txt").write_text("x")
    write(out, "new")
    assert tree(out.parent) == {
        "out": "",
        "out/golden": "",
        "out/manifest.json": b'{"model": "new"}',
        "out/golden/input_0.npy": b"new",
    }


def test_the_folder_can_be_read_by_others(tmp_path: Path) -> None:
    write(tmp_path / "out", "new")
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("exists", [True, False])
def test_an_empty_folder_and_none_are_the_same(tmp_path: Path, way: str, exists: bool) -> None:  # noqa: ARG001
    if exists:
        (tmp_path / "out").mkdir()
    write(tmp_path / "out", "new")
    assert len(tree(tmp_path)) == 4


@pytest.mark.parametrize("error", [ModelError("no"), ValueError("bug"), KeyboardInterrupt(), SystemExit(1)])
def test_a_failure_leaves_the_old_bundle_as_it_was(out: Path, error: BaseException) -> None:
    before = tree(out.parent)
    with pytest.raises(type(error)):
        write(out, "new", error)
    assert tree(out.parent) == before


@pytest.mark.parametrize("error", [OSError(errno.EIO, "input/output error"), KeyboardInterrupt()])
def test_a_swap_that_breaks_half_way_puts_the_old_bundle_back(
    out: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Two renames, and the second one fails or is interrupted."""
    before, rename, calls = tree(out.parent), Path.rename, []

    def breaking(self: Path, target: Path) -> Path:
        calls.append(self.name)
        if len(calls) == 2:
            raise error
        return rename(self, target)

    monkeypatch.setattr(staging, "_exchange", lambda _a, _b: False)
    monkeypatch.setattr(Path, "rename", breaking)
    with pytest.raises(type(error)):
        write(out, "new")
    assert calls == ["out", "bundle", "previous"]
    assert tree(out.parent) == before


def test_a_reader_never_misses_the_manifest(out: Path) -> None:
    """The exchange is atomic: at every moment there is a whole bundle, the old or the new one."""
    problems: list[str] = []
    seen: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                seen.add(json.loads((out / "manifest.json").read_text())["model"])
            except (OSError, ValueError) as error:
                problems.append(repr(error))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(60):
            write(out, f"new {number}")
    finally:
        done.set()
        reader.join()
    assert problems == []
    assert len(seen) > 1
    assert [p.name for p in out.parent.iterdir()] == ["out"]


def test_an_out_that_is_a_link_stays_one(tmp_path: Path, way: str) -> None:  # noqa: ARG001
    """`latest -> v1`: what it points to is replaced."""
    fill(tmp_path / "v1", "old")
    (tmp_path / "latest").symlink_to("v1")
    write(tmp_path / "latest", "new")
    assert (tmp_path / "latest").readlink() == Path("v1")
    assert (tmp_path / "v1" / "golden" / "input_0.npy").read_bytes() == b"new"


def test_a_link_that_leads_nowhere_is_followed(tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to("v2")
    write(tmp_path / "latest", "new")
    assert (tmp_path / "v2" / "manifest.json").is_file()
    assert (tmp_path / "latest").is_symlink()


def test_a_foreign_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with (
        pytest.raises(UsageError, match="holds files that are not an edgeconv bundle") as caught,
        StagedFolder(tmp_path),
    ):
        pass
    assert "empty or new folder" in (caught.value.hint or "")
    assert tree(tmp_path) == {"thesis.tex": b"years of work"}


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(UsageError, match="is a file, not a folder"), StagedFolder(tmp_path / "out"):
        pass
    assert tree(tmp_path) == {"out": b"a file"}


@pytest.mark.parametrize("below", ["file/out", "file/deeper/out"])
def test_a_place_below_a_file_is_refused(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("a file")
    with pytest.raises(UsageError) as caught, StagedFolder(tmp_path / below):
        pass
    assert str(tmp_path / below) in caught.value.message
    assert caught.value.exit_code == ExitCode.USAGE
    assert tree(tmp_path) == {"file": b"a file"}


@pytest.mark.parametrize("code", [errno.EACCES, errno.EROFS])
def test_a_parent_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(UsageError) as caught, StagedFolder(tmp_path / "out"):
        pass
    assert f"'{tmp_path}' cannot be written to: {os.strerror(code)}" in caught.value.message


def test_a_name_too_long_for_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="name too long"), StagedFolder(tmp_path / ("x" * 300)):
        pass
    assert tree(tmp_path) == {}


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OSError("800 requested and 128 written: Not enough free space"),  # as numpy says it, without an errno
        DiskFull("no room"),
    ],
)
def test_a_full_disk_is_told_as_one(out: Path, error: Exception) -> None:
    before = tree(out.parent)
    with pytest.raises(DiskFull) as caught:
        write(out, "new", error)
    assert isinstance(caught.value, ToolError)
    assert caught.value.exit_code == ExitCode.TOOL
    assert tree(out.parent) == before


def test_a_disk_that_is_full_from_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(DiskFull, match="the disk is full"), StagedFolder(tmp_path / "out"):
        pass


def test_other_trouble_of_the_system_is_not_called_a_full_disk(out: Path) -> None:
    with pytest.raises(PermissionError), StagedFolder(out):
        raise PermissionError(errno.EPERM, "no")


def test_a_second_export_into_one_place_is_refused(out: Path) -> None:
    (out.parent / "latest").symlink_to("out")
    with StagedFolder(out) as first:
        fill(first.path, "first")
        for name in ("out", "latest"):
            with pytest.raises(UsageError) as caught:
                write(out.parent / name, "second")
            assert caught.value.message == f"another edgeconv (process {os.getpid()}) is writing '{out}'"
        first.commit()
    assert (out / "golden" / "input_0.npy").read_bytes() == b"first"
    assert {p.name for p in out.parent.iterdir()} == {"out", "latest"}
    write(out, "third")


def test_exports_side_by_side_do_not_disturb_each_other(tmp_path: Path) -> None:
    with StagedFolder(tmp_path / "a") as first, StagedFolder(tmp_path / "a.b") as second:
        fill(first.path, "first")
        fill(second.path, "second")
        second.commit()
        first.commit()
    assert (tmp_path / "a" / "golden" / "input_0.npy").read_bytes() == b"first"
    assert (tmp_path / "a.b" / "golden" / "input_0.npy").read_bytes() == b"second"
    assert {p.name for p in tmp_path.iterdir()} == {"a", "a.b"}
