"""The 4D vocabulary: what a lowering rule may emit. One implementation writes ONNX (NCHW), one TFLite (NHWC).

All tensors are physical, static and of rank <= 4. Spatial operators take [N, C, H, W] where `channels_last` is
False and [N, H, W, C] where it is True; weights are always given as OIHW and laid out by the backend.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from edgeconv.core.layout import Array, Mover

Pair = tuple[int, int]

UNARY = (
    "Relu", "Sigmoid", "Tanh", "HardSwish", "HardSigmoid", "LeakyRelu", "Elu", "Selu", "Celu", "Exp", "Log", "Sqrt",
    "Rsqrt", "Reciprocal", "Abs", "Neg", "Erf", "Gelu", "Softplus", "Softsign", "Mish", "Swish", "ThresholdedRelu",
    "Floor", "Ceil", "Round", "Sign", "Sin", "Cos", "Clip",
)  # fmt: skip
"""Elementwise functions by ONNX name and attributes; Rsqrt (1 / square root) is ours, Clip has 'min' and 'max'."""
BINARY = ("Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "PRelu", "Mod")

_COMPOSED = ("Rsqrt", "Swish")
ONNX_OPS = (
    *(op for op in UNARY if op not in _COMPOSED), *BINARY, "AveragePool", "BatchNormalization", "Concat", "Conv",
    "ConvTranspose", "Expand", "Flatten", "Gemm", "GlobalAveragePool", "GlobalMaxPool", "Identity", "LogSoftmax",
    "MatMul", "MaxPool", "Pad", "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Reshape", "Resize",
    "Slice", "Softmax", "Split", "Squeeze", "Unsqueeze", "Where",
)  # fmt: skip
"""What the 4D vocabulary is in ONNX, and what a simplifier may make of it; no Transpose."""


@dataclass(frozen=True)
class Window:
    """Geometry of a spatial operator over (height, width)."""

    kernel: Pair
    stride: Pair = (1, 1)
    dilation: Pair = (1, 1)
    before: Pair = (0, 0)
    after: Pair = (0, 0)

    def out(self, size: Pair) -> Pair:
        """Output size: floor((size + pads - dilation * (kernel - 1) - 1) / stride) + 1."""
        height, width = (
            (size[i] + self.before[i] + self.after[i] - self.dilation[i] * (self.kernel[i] - 1) - 1) // self.stride[i]
            + 1
            for i in (0, 1)
        )
        return height, width


class Backend(Mover, Protocol):
    """Emits one operator per call and returns the name of its output tensor.

    An operator that a format lacks is composed of others, exactly; what cannot be is refused (core.errors.Refused).
    """

    channels_last: bool
    adjoint_matmul: bool
    """`matmul` reads its right operand as [..., N, K] for free."""
    grouped_transpose_conv: bool
    """`conv_transpose2d` takes groups > 1."""

    def scope(self, name: str) -> None:
        """All tensors emitted from now on belong to the source value `name`."""

    def input(self, name: str, shape: tuple[int, ...], dtype: str) -> str: ...
    def output(self, name: str, tensor: str, shape: tuple[int, ...]) -> None: ...
    def slice(self, tensor: str, starts: Sequence[int], sizes: Sequence[int]) -> str: ...
    def pad(self, tensor: str, pads: Sequence[Pair], mode: str, value: float) -> str: ...
    def concat(self, tensors: Sequence[str], axis: int) -> str: ...
    def conv2d(self, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int) -> str: ...
    def conv_transpose2d(
        self, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int, extra: Pair
    ) -> str:
        """Transposed convolution, weight [C, O / groups, kh, kw].

        Output size: (size - 1) * stride + dilation * (kernel - 1) + 1 - before - after + extra; the rows of `extra`
        lie behind the last window and hold the bias where no window reaches.
        """

    def max_pool2d(self, tensor: str, window: Window) -> str: ...
    def average_pool2d(self, tensor: str, window: Window, count_pad: bool) -> str: ...
    def affine(self, tensor: str, scale: Array, shift: Array) -> str:
        """Per-channel scale and shift; the channel axis is that of a spatial operator."""

    def unary(self, op: str, tensor: str, attributes: Mapping[str, Any]) -> str: ...
    def binary(self, op: str, left: str, right: str) -> str: ...
    def where(self, condition: Array, left: str, right: str) -> str:
        """left where the constant condition (bool) holds, else right; numpy broadcasting."""

    def expand(self, tensor: str, shape: tuple[int, ...]) -> str:
        """Repeat axes of size 1 up to `shape` (of equal rank)."""

    def resize2d(self, tensor: str, shape: tuple[int, ...], coordinates: str) -> str:
        """Linear interpolation of a spatial tensor to the height and width of `shape` (all four output dimensions).

        `coordinates` is 'half_pixel', 'align_corners' or 'asymmetric' (ONNX Resize), with scale = out / in.
        """

    def reduce(self, op: str, tensor: str, axes: Sequence[int]) -> str:
        """ReduceMean, ReduceSum, ReduceMax, ReduceMin or ReduceProd; the axes are kept with size 1."""

    def softmax(self, tensor: str, log: bool = False) -> str:
        """Over the last axis; its logarithm where asked for."""

    def dense(self, tensor: str, weight: Array, bias: Array | None) -> str:
        """[rows, K] times weight [K, M] plus bias [M]."""

    def matmul(self, left: str, right: str, adjoint: bool = False) -> str:
        """[..., M, K] times [..., K, N], batch axes equal or 1 (or left out); with `adjoint` right is [..., N, K]."""
