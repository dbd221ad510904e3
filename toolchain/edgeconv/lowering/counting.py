"""A backend that emits nothing: what a lowering would cost is known from the transposes that the views ask for."""

from __future__ import annotations

from typing import Any

from edgeconv.core.backend import Backend


class CountingBackend:
    """Answers every operator with a fresh name; lays tensors out as the backend it stands for."""

    def __init__(self, like: Backend) -> None:
        self.channels_last = like.channels_last
        self.adjoint_matmul = like.adjoint_matmul
        self.grouped_transpose_conv = like.grouped_transpose_conv
        self.emitted = 0

    def scope(self, name: str) -> None: ...
    def output(self, name: str, tensor: str, shape: tuple[int, ...]) -> None: ...

    def _any(self, *_arguments: Any, **_options: Any) -> str:
        self.emitted += 1
        return f"t{self.emitted}"

    constant = input = reshape = transpose = slice = pad = concat = _any
    conv2d = conv_transpose2d = max_pool2d = average_pool2d = affine = resize2d = _any
    unary = binary = where = expand = reduce = softmax = dense = matmul = _any
