"""What is found out about one network, stage by stage; written as JSON beside its files."""

from __future__ import annotations

from pydantic import BaseModel


class Job(BaseModel):
    """What a child is told."""

    name: str
    folder: str
    shapes: tuple[tuple[int, ...], ...]
    clips: int = 4
    threads: int = 1
    int8: bool = True


class Exported(BaseModel):
    exporter: str = ""
    notes: tuple[str, ...] = ()
    parameters: int = 0
    operators: int = 0
    max_rank: int = 0
    megabytes: float = 0.0
    relative: float = 0.0
    """ONNX Runtime on the exported file against PyTorch, over the output's scale."""


class Lowered(BaseModel):
    refused: tuple[str, ...] = ()
    operators: int = 0
    max_rank: int = 0
    transposes: tuple[str, ...] = ()
    """What causes each, as the lowering tells it; as many are in the file."""
    seconds: float = 0.0
    mebibytes: float = 0.0
    """Peak memory above that of a process with everything imported."""
    relative: float = 0.0
    """Largest difference of an output against the exported file, both in ONNX Runtime."""
    layers: int = 0
    """Values that both graphs have, all compared."""
    worst: float = 0.0
    """Largest difference of a layer over that layer's scale."""
    culprits: tuple[str, ...] = ()
    """Layers that differ by themselves."""


class Cost(BaseModel):
    """Of lowering, from the ONNX file to the 4D one."""

    seconds: float
    mebibytes: float
    model_mebibytes: float


class Emitted(BaseModel):
    refused: tuple[str, ...] = ()
    operators: int = 0
    max_rank: int = 0
    transposes: tuple[str, ...] = ()
    """What causes each; the file holds no more than these."""
    in_file: int = 0
    """TRANSPOSE operators in the file."""
    relative: float = 0.0
    """LiteRT on the float file against the exported file."""


class Quantized(BaseModel):
    refused: tuple[str, ...] = ()
    operators: int = 0
    floats: int = 0
    """Float tensors in the file."""
    transposes: int = 0
    partitions: int = 0
    breaks: dict[str, int] = {}
    """Operators that XNNPACK does not take, by kind and reason."""
    cosine: float = 0.0
    """Mean over held-out clips, of the first output, against the exported file."""
    cosine_min: float = 0.0
    megabytes: float = 0.0


class Converted(BaseModel):
    emitted: Emitted
    quantized: Quantized | None = None
    """None where it was not asked for, or there is no float file to start from."""


class Finding(BaseModel):
    """All of one network; a stage that was not reached is None."""

    name: str
    exported: Exported | None = None
    lowered: Lowered | None = None
    emitted: Emitted | None = None
    quantized: Quantized | None = None
    died: tuple[str, ...] = ()
    """Stages whose child failed in a way nobody foresaw, with its last words."""
