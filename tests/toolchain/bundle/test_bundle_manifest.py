"""The manifest signs every file of the bundle, in the same bytes every time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath

import pytest
from bundle_cases import FILES, manifest, write_files
from pydantic import ValidationError

from edgeconv.bundle import Manifest, file_entries, sha256_of, write_manifest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path)


def test_every_file_is_signed(folder: Path) -> None:
    entries = file_entries(folder)
    assert {n: (e.sha256, e.bytes) for n, e in entries.items()} == {
        n: (hashlib.sha256(data).hexdigest(), len(data)) for n, data in FILES.items()
    }


def test_the_manifest_itself_and_what_varies_are_left_out(folder: Path) -> None:
    (folder / "timings.json").write_text("[1.5]")
    (folder / "manifest.json").write_text("{}")
    assert set(file_entries(folder)) == set(FILES)
    assert manifest(folder).volatile == ("timings.json",)


def test_names_are_posix_paths_inside_the_bundle(folder: Path) -> None:
    for name in file_entries(folder):
        path = PurePosixPath(name)
        assert not path.is_absolute()
        assert ".." not in path.parts
        assert (folder / path).is_file()


def test_large_files_are_hashed_in_pieces(tmp_path: Path) -> None:
    data = bytes(range(256)) * 8192 + b"tail"  # 2 MiB and 4 bytes
    (tmp_path / "model.onnx").write_bytes(data)
    assert sha256_of(tmp_path / "model.onnx") == hashlib.sha256(data).hexdigest()


def test_the_same_bundle_gives_the_same_bytes(folder: Path) -> None:
    made = manifest(folder)
    write_manifest(folder, made)
    first = (folder / "manifest.json").read_bytes()
    shuffled = made.model_copy(update={"files": dict(reversed(made.files.items()))})
    write_manifest(folder, shuffled)
    assert (folder / "manifest.json").read_bytes() == first
    assert first.endswith(b"}\n")


def test_it_reads_back_as_it_was_written(folder: Path) -> None:
    made = manifest(folder)
    write_manifest(folder, made)
    text = (folder / "manifest.json").read_text(encoding="utf-8")
    document = json.loads(text)
    assert len(document.pop("seal")) == 64
    assert Manifest.model_validate(document) == made
    assert "größe.mp4#0" in text
    assert json.loads(text)["inputs"][0]["scale"] == 0.01865844801068306


def test_an_unknown_field_is_refused(folder: Path) -> None:
    with pytest.raises(ValidationError):
        Manifest.model_validate({**manifest(folder).model_dump(), "extra": 1})
