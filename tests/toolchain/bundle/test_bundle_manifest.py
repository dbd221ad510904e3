"""The manifest signs every file of the bundle, in the same bytes every time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath

import pytest
from pydantic import ValidationError

from edgeconv.bundle import GoldenVector, InputMeaning, Manifest, Pixels, file_entries, sha256_of, write_manifest
from edgeconv.core.report import Provenance, Quantization

FILES = {
    "model.onnx": b"onnx",
    "model_int8.tflite": b"\x1c\0\0\0TFL3",
    "labels.txt": "größe\n".encode(),
    "report.json": b"{}",
    "golden/input_0.npy": b"in",
    "golden/output_0.npy": b"",
    "golden/deeper/manifest.json": b"not the manifest",
    ".hidden": b"hidden",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    return tmp_path


def manifest(folder: Path) -> Manifest:
    return Manifest(
        source="eco-lite-4d-add",
        weights="UNTRAINED: seeded random weights (seed 0)",
        untrained=True,
        target="tflite",
        passed=True,
        inputs=(
            InputMeaning(
                name="clip",
                source_shape=(1, 3, 16, 224, 224),
                source_layout="NCTHW",
                tensor="clip",
                shape=(16, 224, 224, 3),
                layout="frames, height, width, channels",
                dtype="int8",
                scale=0.01865844801068306,
                zero_point=-14,
                pixels=Pixels(
                    frames=16,
                    clip_frames=16,
                    sampling="the middle frame of each of 16 segments",
                    color="BGR",
                    mean=(104.0, 117.0, 128.0),
                    pixel_scale=1.0,
                    resize_shorter_side=256,
                    crop=(224, 224),
                ),
            ),
        ),
        outputs=(Quantization(tensor="logits", dtype="int8", shape=(1, 400), scale=0.1, zero_point=3),),
        labels="labels.txt",
        golden=(
            GoldenVector(
                clip="größe.mp4#0",
                inputs=("golden/input_0.npy",),
                outputs=("golden/output_0.npy",),
                produced_by="litert 2.3.0",
                tolerance_lsb=1,
            ),
        ),
        provenance=Provenance(
            edgeconv="0.1.0",
            python="3.11",
            platform="Linux x86_64",
            packages={"torch": "2.13.0", "numpy": "1.26.4"},
            profile="tflite",
            profile_sha256="0" * 64,
            seed=0,
            judged_by=("litert 2.3.0",),
        ),
        files=file_entries(folder),
    )


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
    assert Manifest.model_validate_json(text) == made
    assert "größe.mp4#0" in text
    assert json.loads(text)["inputs"][0]["scale"] == 0.01865844801068306


def test_an_unknown_field_is_refused(folder: Path) -> None:
    with pytest.raises(ValidationError):
        Manifest.model_validate({**manifest(folder).model_dump(), "extra": 1})
