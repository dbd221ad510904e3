"""SIGKILL before every single operation of an export on the file system: nothing is lost, and nothing stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from staging_cases import Tree, fill, tree, write, write_and_die

from edgeconv.bundle import staging


def whole(text: str) -> Tree:
    name = f'{{"model": "{text}"}}'.encode()
    return {"out": "", "out/golden": "", "out/manifest.json": name, "out/golden/input_0.npy": text.encode()}


@pytest.mark.parametrize("exists", [True, False], ids=["over an old bundle", "the first one"])
def test_killed_anywhere(tmp_path: Path, exists: bool) -> None:
    """Where folders can be exchanged: at every moment the old bundle or the new one is there."""
    kills, ended = 0, set()
    while True:
        place = tmp_path / str(kills)
        place.mkdir()
        if exists:
            fill(place / "out", "old")
        if not write_and_die(place / "out", "new", after=kills):
            break
        kills += 1
        visible = {name: data for name, data in tree(place).items() if not name.startswith(".")}
        assert visible in (whole("old") if exists else {}, whole("new"))
        ended.add(len(visible) and visible["out/golden/input_0.npy"])
        write(place / "out", "next")
        assert tree(place) == whole("next")
    assert kills > 20
    assert ended == {b"old" if exists else 0, b"new"}  # some before the exchange and some after it


def test_killed_between_two_renames(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where folders cannot be exchanged there may be no bundle for a moment; the next run puts it back first."""
    monkeypatch.setattr(staging, "_exchange", lambda _a, _b: False)
    kills, ended = 0, set()
    while True:
        place = tmp_path / str(kills)
        fill(place / "out", "old")
        if not write_and_die(place / "out", "new", after=kills):
            break
        kills += 1
        visible = {name: data for name, data in tree(place).items() if not name.startswith(".")}
        assert visible in (whole("old"), {}, whole("new"))
        ended.add(len(visible) and visible["out/golden/input_0.npy"])
        with pytest.raises(ZeroDivisionError):
            write(place / "out", "next", ZeroDivisionError())
        assert tree(place) == (visible or whole("old"))
    assert kills > 20
    assert ended == {b"old", 0, b"new"}


def test_what_a_dead_run_left_is_found_however_many_died(tmp_path: Path) -> None:
    out = tmp_path / "out"
    for after in (12, 25, 14):
        assert write_and_die(out, "new", after)
    assert [p.name for p in tmp_path.iterdir()] == [".out.partial"]
    write(out, "next")
    assert tree(tmp_path) == whole("next")
