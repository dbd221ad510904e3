"""What is asked, what is answered, and the child process in which both graphs run."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from edgeconv.core.child import ChildDied, Result, call_once
from edgeconv.lowering import Counterpart, Port

TOLERANCE = 1e-5
"""Largest difference over a layer's scale that may come of summing in another order (float32)."""


class Clips(BaseModel):
    """What an input is fed with: .npy files [clips, ...], as either graph takes them."""

    name: str
    original: Path
    lowered: Path


class LayersRequest(BaseModel):
    original: Path
    """ONNX; its folder is written to."""
    lowered: Path
    """The lowered ONNX before any simplifier, which alone still has every counterpart, or a float TFLite file in frames
    fold; its folder is written to."""
    delivered: Path | None = None
    """The ONNX file that the user gets; its outputs are compared as well."""
    counterparts: tuple[Counterpart, ...]
    """In source order."""
    merged: tuple[str, ...] = ()
    """Source values that a BatchNorm was merged into."""
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    clips: tuple[Clips, ...] = ()
    """Of each input, in the order of the lowered file; (): seeded inputs that grow along every axis."""
    samples: int = 2
    """Number of different inputs at most; clips go through one at a time."""
    seed: int = 0
    tolerance: float = TOLERANCE
    budget: int = 64 << 20
    """Bytes of source values that are held at once."""
    threads: int = 2
    every: bool = False
    """Tell of every layer, not only of the worst and of those that differ by themselves."""


class Layer(BaseModel):
    """One value of the source against its counterpart."""

    value: str
    """Name in the source."""
    op: str
    """What makes it there; of several operators whose values between have no counterpart, all."""
    relative: float
    """Largest difference over the largest magnitude of the value, both graphs fed with the same input."""
    sqnr_db: float = 300.0
    """Power of the value over that of the difference; 300 where there is none."""
    alone: float | None = None
    """The same when the source's operator is fed with what the lowered graph has before it; None: not measured."""
    shape: tuple[int, ...]
    physical: tuple[int, ...] = ()
    """Shape of the tensor in the lowered graph."""
    tensor: str
    """Name in the lowered graph."""
    lies: str
    """Shape and axes of that tensor."""
    before: tuple[str, ...] = ()
    """The operators before it, nearest first."""


class OutputDifference(BaseModel):
    name: str
    relative: float


class Verification(BaseModel):
    """What the comparison found."""

    passed: bool
    """No layer differs by itself, and no output of the delivered file differs, beyond the tolerance."""
    tolerance: float
    samples: int = 0
    compared: int = 0
    """Number of values."""
    worst: Layer | None = None
    layers: tuple[Layer, ...] = ()
    """In source order, where all are asked for."""
    kept: tuple[str, ...] = ()
    """Values that the delivered file has under the name of the lowered one, where all are asked for."""
    culprits: tuple[Layer, ...] = ()
    """Layers that differ by themselves, in source order: the first is where to look."""
    inherited: int = 0
    """Layers beyond the tolerance only because of what reaches them, or by rounding that grew on the way."""
    outputs: tuple[OutputDifference, ...] = ()
    uncompared: dict[str, tuple[str, ...]] = {}
    """Values without a counterpart by the reason for it."""
    died: str = ""
    """How the comparison itself ended, where it did not come to its end."""


def compare_layers(request: LayersRequest, timeout: float = 3600) -> Result[Verification]:
    """Compare every value that both graphs have; a runtime that crashes on either is a finding, not an error."""
    function = "edgeconv.layerwise.compare:compare"
    try:
        return call_once("the comparison", function, request, Verification, timeout, request.threads)
    except ChildDied as died:
        words = "; ".join((died.message, *died.reasons))
        return Result(Verification(passed=False, tolerance=request.tolerance, died=words), 0.0, 0.0)
