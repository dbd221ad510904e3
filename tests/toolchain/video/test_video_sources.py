from __future__ import annotations

from pathlib import Path

import pytest

from edgeconv.core.errors import ExitCode, UsageError
from edgeconv.video.sources import find_sources, natural_key


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")
    return folder


def test_numbers_in_names_are_ordered_by_value() -> None:
    names = ["f10.png", "f9.png", "F2.png", "f02.png", "f1b.png", "f1.png", "10.png", "9.png"]
    expected = ["9.png", "10.png", "f1.png", "f1b.png", "F2.png", "f02.png", "f9.png", "f10.png"]
    assert sorted(names, key=natural_key) == expected


def test_videos_by_extension_in_any_case_and_image_folders(tmp_path: Path) -> None:
    touch(tmp_path, "b10.MP4", "b9.avi", "c.mkv", "d.Mov", "e.webm", "f.m4v", "notes.txt", ".hidden.mp4", "poster.jpg")
    touch(tmp_path, "frames/10.png", "frames/9.JPG", "frames/11.bmp", "frames/8.jpeg", "frames/x.txt")
    touch(tmp_path, "empty/readme.md", ".cache/1.png", "deep/er/1.png")
    sources = find_sources(tmp_path).sources
    assert [s.name for s in sources] == ["b9.avi", "b10.MP4", "c.mkv", "d.Mov", "e.webm", "f.m4v", "frames"]
    assert [i.name for i in sources[-1].images] == ["8.jpeg", "9.JPG", "10.png", "11.bmp"]


def test_a_folder_of_images_is_one_video(tmp_path: Path) -> None:
    folder = touch(tmp_path / "clip", "1.png", "2.png")
    (source,) = find_sources(folder).sources
    assert source.name == "clip"
    assert len(source.images) == 2


def test_a_broken_link_is_kept_so_that_it_gets_named(tmp_path: Path) -> None:
    (tmp_path / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    assert [s.name for s in find_sources(tmp_path).sources] == ["gone.mp4"]


def test_a_sub_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, "a.mp4", "locked/1.png")
    deny(monkeypatch, tmp_path / "locked")
    listing = find_sources(tmp_path)
    assert [(s.name, s.reason) for s in listing.skipped] == [("locked", "folder cannot be read: Permission denied")]


def deny(monkeypatch: pytest.MonkeyPatch, locked: Path) -> None:
    """Tests may run as root, who may read everything."""
    original = Path.iterdir

    def iterdir(self: Path):
        if self == locked:
            raise PermissionError(13, "Permission denied", str(self))
        return original(self)

    monkeypatch.setattr(Path, "iterdir", iterdir)


def test_unusable_folders_say_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = touch(tmp_path, "a.mp4") / "a.mp4"
    empty = tmp_path / "empty"
    empty.mkdir()
    above = touch(tmp_path / "above", "inside/a.mp4")
    locked = tmp_path / "locked"
    locked.mkdir()
    deny(monkeypatch, locked)
    cases = {
        tmp_path / "missing": "does not exist",
        file: "is a file, not a folder",
        empty: "holds no videos",
        above: "name one of them instead",
        locked: "cannot be read: Permission denied",
    }
    for folder, text in cases.items():
        with pytest.raises(UsageError) as caught:
            find_sources(folder)
        assert text in str(caught.value)
        assert str(folder) in caught.value.message
        assert caught.value.hint
        assert caught.value.exit_code == ExitCode.USAGE
