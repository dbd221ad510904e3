"""What a model file holds, read back from the file itself: the nouns of `inspect`, of the gates and of the targets."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

Format = Literal["onnx", "tflite"]


@dataclass(frozen=True)
class TensorInfo:
    """One tensor of a model file."""

    name: str
    shape: tuple[int, ...]
    """Static shape; a dynamic dimension is -1."""
    dtype: str
    """numpy-style name: float32, int8, int32, int64, bool, ..."""
    constant: bool = False
    scales: tuple[float, ...] = ()
    """Quantization scales: empty (none), one (per tensor) or one per channel."""
    zero_points: tuple[int, ...] = ()

    @property
    def elements(self) -> int:
        return math.prod(self.shape) if all(d >= 0 for d in self.shape) else 0

    @property
    def bytes(self) -> int:
        return self.elements * _BYTES.get(self.dtype, 4)


_BYTES = {
    "float32": 4,
    "float16": 2,
    "float64": 8,
    "int8": 1,
    "uint8": 1,
    "int16": 2,
    "int32": 4,
    "int64": 8,
    "bool": 1,
}


@dataclass(frozen=True)
class OpInfo:
    """One operator of a model file."""

    index: int
    op: str
    """TFLite builtin name (CONV_2D, ...) or ONNX op type (Conv, ...)."""
    name: str
    """The op's own name, or the name of its first output."""
    version: int
    """TFLite op version; for ONNX the opset version of its domain."""
    inputs: tuple[TensorInfo | None, ...]
    """None stands for an optional input that is left out."""
    outputs: tuple[TensorInfo, ...]
    attributes: dict[str, Any] = field(default_factory=dict)
    """Options by their schema name in lower snake case; enums as their names (padding='SAME')."""
    macs: int = 0

    @property
    def tensors(self) -> tuple[TensorInfo, ...]:
        return tuple(t for t in self.inputs if t is not None) + self.outputs


@dataclass(frozen=True)
class ModelSummary:
    """A whole model file."""

    path: str
    format: Format
    bytes: int
    ops: tuple[OpInfo, ...]
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    opset: int | None = None
    """ONNX opset of the default domain; None for TFLite."""
    shape_helpers: tuple[TensorInfo, ...] = ()
    """Constants that belong to no op input above but lie in the file (dead initializers)."""

    @property
    def histogram(self) -> dict[str, int]:
        """Ops by count, the most frequent first, then by name."""
        counts = Counter(o.op for o in self.ops)
        return dict(sorted(counts.items(), key=lambda kv: (-kv[1], kv[0])))

    def count(self, op: str) -> int:
        return sum(o.op == op for o in self.ops)

    @property
    def tensors(self) -> tuple[TensorInfo, ...]:
        """Every tensor of the file once, by name, in order of first use."""
        seen: dict[str, TensorInfo] = {}
        for tensor in (*self.inputs, *(t for o in self.ops for t in o.tensors), *self.outputs, *self.shape_helpers):
            seen.setdefault(tensor.name, tensor)
        return tuple(seen.values())

    @property
    def max_rank(self) -> int:
        return max((len(t.shape) for t in self.tensors), default=0)

    @property
    def dtypes(self) -> dict[str, int]:
        """Tensors by dtype."""
        return dict(sorted(Counter(t.dtype for t in self.tensors).items()))

    @property
    def float_islands(self) -> tuple[str, ...]:
        """Names of float tensors in a file whose inputs and outputs are all integers (TFLite only).

        Converters leave such islands silently behind int8 inputs and outputs, so op names and I/O types prove nothing.
        """
        ends = (*self.inputs, *self.outputs)
        if self.format != "tflite" or any(t.dtype.startswith("float") for t in ends):
            return ()
        return tuple(t.name for t in self.tensors if t.dtype.startswith("float"))

    @property
    def macs(self) -> int:
        return sum(o.macs for o in self.ops)
