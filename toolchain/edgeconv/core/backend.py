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
    """Emits one operator per call and returns the name of its output tensor."""

    channels_last: bool

    def scope(self, name: str) -> None:
        """All tensors emitted from now on belong to the source value `name`."""

    def input(self, name: str, shape: tuple[int, ...], dtype: str) -> str: ...
    def output(self, name: str, tensor: str, shape: tuple[int, ...]) -> None: ...
    def slice(self, tensor: str, starts: Sequence[int], sizes: Sequence[int]) -> str: ...
    def pad(self, tensor: str, pads: Sequence[Pair], mode: str, value: float) -> str: ...
    def concat(self, tensors: Sequence[str], axis: int) -> str: ...
    def conv2d(self, tensor: str, weight: Array, bias: Array | None, window: Window, groups: int) -> str: ...
    def max_pool2d(self, tensor: str, window: Window) -> str: ...
    def average_pool2d(self, tensor: str, window: Window, count_pad: bool) -> str: ...
    def affine(self, tensor: str, scale: Array, shift: Array) -> str:
        """Per-channel scale and shift; the channel axis is that of a spatial operator."""

    def unary(self, op: str, tensor: str, attributes: Mapping[str, Any]) -> str: ...
    def binary(self, op: str, left: str, right: str) -> str: ...
    def reduce(self, op: str, tensor: str, axes: Sequence[int]) -> str:
        """Reduce and keep the axes with size 1."""

    def softmax(self, tensor: str) -> str:
        """Over the last axis."""

    def dense(self, tensor: str, weight: Array, bias: Array | None) -> str:
        """[rows, K] times weight [K, M] plus bias [M]."""
