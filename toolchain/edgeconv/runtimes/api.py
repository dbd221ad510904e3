"""The typed requests and the calls that carry them into children."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel

from edgeconv.core import axes
from edgeconv.core.child import Child, ChildDied, Result, call_once
from edgeconv.core.layout import Array

TFLITE_MODULES = {
    "litert": "ai_edge_litert.interpreter",
    "tflite-runtime": "tflite_runtime.interpreter",
    "tensorflow": "tensorflow",
}


def available(runtime: str) -> bool:
    """Whether the runtime's package is installed (it is not imported)."""
    return find_spec(TFLITE_MODULES.get(runtime, runtime).split(".")[0]) is not None


class Feed(BaseModel):
    """One model input: clips on disk, and how a clip becomes the physical tensor."""

    clips: Path
    """.npy, float32 or integer, [clips, ...logical shape]."""
    perm: tuple[int, ...]
    """Logical axes in memory order."""
    physical: tuple[int, ...]
    frames: int = 1
    tail: int = 0
    """Zeros behind each frame."""

    def arrange(self, clip: Array) -> Array:
        return axes.to_physical(clip, self.perm, self.physical, self.frames, self.tail)


class Head(BaseModel):
    """The second of two models: it takes what the first gave for every frame."""

    model: Path
    tail: int = 0
    """Elements of the zero point behind the features of each frame."""


class RunRequest(BaseModel):
    runtime: str
    model: Path
    feeds: tuple[Feed, ...]
    head: Head | None = None
    """The model takes one frame of its one feed at a time, and this one all that it gave for them."""
    outputs: Path
    """.npy that receives the first output, float32 (dequantized), [clips, ...]; further ones go to files numbered as
    :func:`edgeconv.core.numbered.numbered` does."""
    raw_outputs: Path | None = None
    """The same for the outputs as the model gives them."""
    raw_inputs: Path | None = None
    """The same for the quantized inputs as the model was fed."""
    clips: int | None = None
    """The first so many; None: all."""
    threads: int = 2
    delegate: bool = True
    """False: TFLite's own kernels instead of XNNPACK."""


class Measured(BaseModel):
    milliseconds: tuple[float, ...]
    """Wall time of every clip, the first one included."""
    saturated: tuple[float, ...] = ()
    """Per clip, share of integer output values at an end of their range behind which real values may lie; of several
    outputs the largest."""
    partitions: int | None = None
    """DELEGATE nodes in the execution plan."""
    version: str = ""
    outputs: int = 1
    """Number of output files."""


class Patch(BaseModel):
    """What one weighted operator reads: a window over a [N, H, W, C] tensor (a 1x1 one for a matrix)."""

    tensor: str
    height: int = 1
    width: int = 1
    dilation_h: int = 1
    dilation_w: int = 1
    second: bool = True
    """False: only the mean is wanted."""


class RangesRequest(BaseModel):
    model: Path
    feeds: tuple[Feed, ...]
    tensors: tuple[str, ...] | None = None
    """Which tensors to look at; None: all computed ones."""
    patches: dict[str, Patch] = {}
    """Weighted operators by output tensor, whose inputs' moments are wanted."""
    moments: Path | None = None
    """.npz that receives '<output>|mean' [C] and '<output>|moments' [C, K, K] (1x1: [1, C, C])."""
    threads: int = 2


class TensorStats(BaseModel):
    """Distribution of one tensor over all clips."""

    low: float
    high: float
    counts: tuple[int, ...]
    """Histogram of a fixed sample of the values, in equal bins over [low, high]."""


class Ranges(BaseModel):
    stats: dict[str, TensorStats]


class CompareRequest(BaseModel):
    """A float and an int8 file whose tensors bear the same names."""

    reference: Path
    candidate: Path
    feeds: tuple[Feed, ...]
    clips: int = 2
    """The first so many."""
    threads: int = 2


class TensorDrift(BaseModel):
    """One tensor of the candidate against that of the reference, over all clips."""

    tensor: str
    sqnr_db: float
    cosine: float
    outside: float = 0.0
    """Share of the reference's values that lie beyond what the candidate's integers reach."""
    steps: float = 0.0
    """RMS error in steps of the candidate's scale; rounding alone makes 0.29 (1/√12). 0 for float."""
    channels: int = 0
    """Size of the last axis."""
    dead: int = 0
    """Channels that are 0 throughout."""
    spread: float = 1.0
    """Largest magnitude of the largest channel over that of the median one; dead channels left out."""
    ideal_db: float = 300.0
    """SQNR that one rounding to 256 steps over all that the reference holds would leave."""
    gain: float = 1.0
    """Factor of the reference that comes nearest to the candidate (least squares)."""
    relative: float = 0.0
    """Largest difference over the reference's largest magnitude."""


class Compared(BaseModel):
    tensors: tuple[TensorDrift, ...]


class TimeRequest(BaseModel):
    runtime: str
    model: Path
    runs: int = 3
    threads: int = 2
    delegate: bool = True


class Timed(BaseModel):
    milliseconds: tuple[float, ...]
    """Of every run; copying the input in and the output out is part of it."""
    partitions: int = 0
    """Delegate partitions; 0: the runtime's own kernels."""


class _Model(BaseModel):
    model: Path
    threads: int = 2


def run_model(request: RunRequest, timeout: float = 1800) -> Result[Measured]:
    """Run a model file over clips in the named runtime.

    Raises:
        ChildDied: the runtime crashed or failed; a caller that compares runtimes reports it as a finding.
    """
    return call_once(request.runtime, _function(request.runtime), request, Measured, timeout, request.threads)


def run_models(
    runtime: str, requests: Sequence[RunRequest], timeout: float = 1800
) -> Iterator[Result[Measured] | ChildDied]:
    """The same for several requests of one runtime in one child, which loads it once; one that fails is a value.

    A child that died is replaced for the requests that are left.
    """
    left = list(requests)
    while left:
        with Child(runtime, max(request.threads for request in left)) as child:
            while left:
                try:
                    yield run_in(child, left.pop(0), timeout)
                except ChildDied as died:
                    yield died
                    break


def run_in(child: Child, request: RunRequest, timeout: float = 1800) -> Result[Measured]:
    """The same in a child that stays; it must serve one runtime only."""
    return child.call(_function(request.runtime), request, Measured, timeout)


def _function(runtime: str) -> str:
    return f"edgeconv.runtimes.{'onnx_runtime' if runtime == 'onnxruntime' else 'tflite'}:run"


def tensor_ranges(request: RangesRequest, timeout: float = 1800) -> Result[Ranges]:
    """True range and histogram of every float tensor of a .tflite over all clips, streamed one clip at a time."""
    return call_once("litert", "edgeconv.runtimes.calibration:ranges", request, Ranges, timeout, request.threads)


def compare_tensors(request: CompareRequest, timeout: float = 1800) -> Result[Compared]:
    """SQNR and cosine of every tensor both files share, in execution order, streamed over clips."""
    return call_once("litert", "edgeconv.runtimes.comparison:compare", request, Compared, timeout, request.threads)


def count_partitions(model: Path, threads: int = 2) -> Result[Measured]:
    """How many delegate partitions LiteRT really makes of a file."""
    request = _Model(model=model, threads=threads)
    return call_once("litert", "edgeconv.runtimes.tflite:partitions", request, Measured, 600, threads)
