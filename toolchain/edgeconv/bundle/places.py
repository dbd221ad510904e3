"""layers.json: where the same value lies in model.onnx and in both TFLite files, so that a bundle can be compared
layer by layer without the network that it came from."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from edgeconv.core.errors import UsageError

LAYERS = "layers.json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Place(_Part):
    """One value: the TFLite tensor, cut into `pieces` that are permuted by `back`, is the ONNX tensor."""

    value: str
    """Name in the original network."""
    onnx: str
    tensor: str
    shape: tuple[int, ...]
    """Of the ONNX tensor."""
    pieces: tuple[int, ...]
    back: tuple[int, ...]


class Places(_Part):
    float_relative: float
    """Largest difference over its scale by which a layer of the float files may differ by itself."""
    int8_cosine: float
    """Least cosine of the int8 outputs with those of the float file: what each clip had to reach at export."""
    inputs: tuple[Place, ...]
    """In the order of the TFLite files."""
    values: tuple[Place, ...]
    """In the order of the network; () in strip fold, whose tensors hold gaps."""


def write_places(folder: Path, places: Places) -> None:
    (folder / LAYERS).write_text(places.model_dump_json(indent=1) + "\n", encoding="utf-8")


def read_places(folder: Path) -> Places:
    """
    Raises:
        UsageError: the bundle has no usable layers.json, for example because an earlier version wrote it.
    """
    try:
        return Places.model_validate_json((folder / LAYERS).read_text(encoding="utf-8"))
    except (OSError, ValueError, ValidationError) as error:
        raise UsageError(
            f"'{folder}' cannot be compared layer by layer: it holds no usable {LAYERS}",
            reasons=[str(error).splitlines()[0]],
            hint="export the network again with this version",
        ) from error
