"""A small bundle, written by hand."""

from __future__ import annotations

from pathlib import Path

from edgeconv.bundle import GoldenVector, InputMeaning, Manifest, Pixels, file_entries, write_manifest, write_sealed
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


def write_files(folder: Path) -> Path:
    for name, data in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def write_bundle(folder: Path) -> Path:
    """Files, manifest and timings, as an export leaves them."""
    write_manifest(write_files(folder), manifest(folder))
    write_sealed(folder / "timings.json", {"stages": [{"name": "lower", "seconds": 1.25}]})
    return folder


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
                perm=(0, 2, 3, 4, 1),
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
