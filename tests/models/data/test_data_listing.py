"""Folders of classes and lists, and every way in which they can be wrong."""

from pathlib import Path

import pytest

from edgeconv_models.data.errors import DataError
from edgeconv_models.data.listing import Listing, read_listing

VIDEOS = ("Run/a.avi", "Run/b c.mp4", "Jump/d.AVI", "Walk_it/e_000003_000013.mp4")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in (*VIDEOS, "Run/notes.txt"):
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).touch()
    return tmp_path / "set"


def told(listing: Listing, root: Path) -> list[tuple[str, str]]:
    return [(str(c.path.relative_to(root)), listing.classes[c.label]) for c in listing.clips]


def split(root: Path, text: str, name: str = "list.txt") -> Path:
    (root.parent / name).write_text(text, encoding="utf-8")
    return root.parent / name


def refused(root: Path, split: Path | None = None, classes: tuple[str, ...] | None = None) -> str:
    with pytest.raises(DataError) as caught:
        read_listing(root, split, classes)
    return str(caught.value)


def test_folders(root: Path) -> None:
    listing = read_listing(root)
    assert listing.classes == ("Jump", "Run", "Walk_it")
    assert told(listing, root) == [(n, n.split("/")[0]) for n in (VIDEOS[2], VIDEOS[0], VIDEOS[1], VIDEOS[3])]
    assert read_listing(root, classes=("Run", "Walk_it", "Swim", "Jump")).clips[0].label == 3


@pytest.mark.parametrize(
    "text", ["Run/b c.mp4 2\nJump/d.AVI 1\n", "Run/b c.mp4\r\n\r\nJump/d.AVI\r\n", "Run/b c.mp4,2\nJump/d.AVI,1"]
)
def test_a_list_as_of_ucf(root: Path, text: str) -> None:
    listing = read_listing(root, split(root, text))
    assert told(listing, root) == [("Run/b c.mp4", "Run"), ("Jump/d.AVI", "Jump")]
    assert listing.classes == ("Jump", "Run")


def test_a_list_of_names_and_labels(root: Path) -> None:
    listing = read_listing(root / "Run", split(root, "a.avi 1\nb c.mp4 walk\n"), ("walk", "run"))
    assert told(listing, root / "Run") == [("a.avi", "run"), ("b c.mp4", "walk")]


def test_a_table_as_of_kinetics(root: Path) -> None:
    table = "label,youtube_id,time_start,time_end,split\nWalk it,e,3,13,train\n"
    assert told(read_listing(root, split(root, table, "train.csv")), root) == [(VIDEOS[3], "Walk it")]


def test_what_is_not_there(root: Path, tmp_path: Path) -> None:
    assert "'no' does not exist" in refused(Path("no"))
    assert "cannot be read: No such file" in refused(root, tmp_path / "no.txt")
    assert "names no video" in refused(root, split(root, "\n"))
    assert "names no video" in refused(root / "Run")
    said = refused(root, split(root, "Run/x.avi\nRun/a.avi\nJump/y.avi\n"))
    assert "Run/x.avi' does not exist" in said
    assert "Jump/y.avi' does not exist" in said
    (root / "Empty").mkdir()
    (root / "Text").mkdir()
    said = refused(root)
    assert "'Empty' holds no video" in said
    assert "'Text' holds no video" in said


def test_labels_that_do_not_fit(root: Path) -> None:
    assert "class 'Run' is not among the 2 known ones" in refused(root, None, ("Jump", "Walk_it"))
    said = refused(root / "Run", split(root, "a.avi 2\nb c.mp4 0\n"), ("walk", "run"))
    assert "line 1: label 2 is out of range, there are 2 classes" in said
    assert "line 2" not in said
    assert "line 1: 'a.avi 0' tells no class" in refused(root / "Run", split(root, "a.avi 0\n"))
    said = refused(root, split(root, "Run/a.avi 1\nJump/d.AVI 1\n"))
    assert "line 2: label 1 was 'Run' before, here it is 'Jump'" in said
    assert "row 2 lacks label" in refused(root, split(root, "label,id\nRun,a\n", "bad.csv"))
