"""torch's own operator samples (OpInfo) as ONNX models: every rank-5 sample of the operators named here.

The TorchScript exporter makes the models. What it cannot do, or does wrongly, is built by hand from the sample's
arguments (:func:`by_hand`); torch eager judges both.
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import onnx
import torch
from lowering_cases import OPSET, Array, Node, model, node

OPERATORS = ("conv3d", "conv_transpose3d", "max_pool3d", "avg_pool3d", "adaptive_avg_pool3d", "adaptive_max_pool3d")


class Call(torch.nn.Module):
    """The operator with everything but its input constant."""

    def __init__(self, function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        super().__init__()
        self.function, self.args, self.kwargs = function, args, kwargs

    def forward(self, x: torch.Tensor) -> Any:
        return self.function(x, *self.args, **self.kwargs)


@dataclass(frozen=True)
class Sample:
    op: str
    index: int
    x: torch.Tensor
    """float64, like the constants in `call`."""
    call: Call

    def __str__(self) -> str:
        short = [list(a.shape) if isinstance(a, torch.Tensor) else a for a in self.call.args]
        return f"{self.op} sample {self.index}: {list(self.x.shape)} {short} {dict(self.call.kwargs)}"

    def as_dtype(self, dtype: torch.dtype) -> tuple[Call, torch.Tensor]:
        args = [a.to(dtype) if isinstance(a, torch.Tensor) else a for a in self.call.args]
        return Call(self.call.function, args, self.call.kwargs), self.x.to(dtype)


class NotExportable(Exception):
    """The exporter refuses the sample, and nothing that ONNX has can express it."""


@lru_cache
def samples(op: str) -> tuple[Sample, ...]:
    """Every rank-5 sample, in torch's order, drawn in float64."""
    from torch.testing._internal.common_methods_invocations import op_db

    (info,) = [o for o in op_db if o.name == f"nn.functional.{op}"]
    torch.manual_seed(0)
    drawn = [s for s in info.sample_inputs("cpu", torch.float64) if s.input.ndim == 5]
    return tuple(Sample(op, i, s.input.detach(), Call(info.op, s.args, s.kwargs)) for i, s in enumerate(drawn))


def eager(sample: Sample, dtype: torch.dtype) -> list[Array]:
    call, x = sample.as_dtype(dtype)
    with torch.no_grad():
        made = call(x)
    return [y.numpy() for y in (made if isinstance(made, tuple) else (made,))]


def to_onnx(sample: Sample, dtype: torch.dtype) -> onnx.ModelProto:
    """The sample as an ONNX model with input 'x'.

    Raises:
        NotExportable: with the exporter's reason.
    """
    made = by_hand(sample, dtype)
    if made is not None:
        return made
    return export(*sample.as_dtype(dtype))


def export(module: torch.nn.Module, x: torch.Tensor, name: str = "x") -> onnx.ModelProto:
    """By the TorchScript exporter.

    Raises:
        NotExportable: with the exporter's reason.
    """
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(module.eval(), (x,), file, opset_version=OPSET, dynamo=False, input_names=[name])
        except torch.onnx.errors.SymbolicValueError as error:
            raise NotExportable(str(error).splitlines()[0]) from error
    return onnx.load_from_string(file.getvalue())


def by_hand(sample: Sample, dtype: torch.dtype) -> onnx.ModelProto | None:
    """What the TorchScript exporter cannot do; None where it can.

    - avg_pool3d with divisor_override: the exporter drops the divisor without a word;
    - adaptive pools whose output size does not divide the input size, without indices: the exporter refuses.
    """
    shape, kind = tuple(sample.x.shape), str(dtype).removeprefix("torch.")
    (y, *indices) = eager(sample, dtype)
    if indices:
        return None
    if sample.call.kwargs.get("divisor_override"):
        nodes, weights = _divided(sample, y.shape, kind)
    elif sample.op.startswith("adaptive") and any(n % m for n, m in zip(shape[2:], y.shape[2:], strict=True)):
        nodes, weights = list(_adaptive(sample.op, shape[2:], y.shape[2:])), {}
    else:
        return None
    return model(nodes, {"x": shape}, ["y"], weights, dtype=kind)


def _divided(sample: Sample, out: Sequence[int], kind: str) -> tuple[list[Node], dict[str, Array]]:
    """Real pads, so that every window is a whole one; then the mean times its size over the divisor."""
    given = sample.call.kwargs
    kernel = _triple(given.get("kernel_size", sample.call.args[0]))
    stride, pads = _triple(given.get("stride") or kernel), _triple(given.get("padding", 0))
    behind = [max(0, (out[2 + i] - 1) * stride[i] + kernel[i] - sample.x.shape[2 + i] - pads[i]) for i in range(3)]
    weights = {
        "pads": np.array([0, 0, *pads, 0, 0, *behind]),
        "factor": np.array(math.prod(kernel) / given["divisor_override"], kind),
    }
    return [
        node("Pad", ["x", "pads"], ["padded"]),
        node("AveragePool", ["padded"], ["mean"], kernel_shape=kernel, strides=stride),
        node("Mul", ["mean", "factor"], ["y"]),
    ], weights


def _triple(value: int | Sequence[int]) -> list[int]:
    return [value] * 3 if isinstance(value, int) else list(value)


def _adaptive(op: str, sizes: Sequence[int], out: Sequence[int]) -> Iterator[Node]:
    """Axis by axis: window i is [floor(i n / m), ceil((i + 1) n / m)) of n positions; both pools are separable."""
    reduce = "ReduceMean" if "avg" in op else "ReduceMax"
    last = "x"
    for axis, (n, m) in enumerate(zip(sizes, out, strict=True), start=2):
        pieces = []
        for i in range(m):
            name = f"{axis}.{i}"
            bounds = {"starts": [i * n // m], "ends": [-(-(i + 1) * n // m)], "axes": [axis]}
            for key, value in bounds.items():
                yield node("Constant", [], [f"{name}.{key}"], value_ints=value)
            yield node("Slice", [last, *(f"{name}.{k}" for k in bounds)], [f"{name}.window"])
            yield node(reduce, [f"{name}.window", f"{name}.axes"], [f"{name}.mean"], keepdims=1)
            pieces.append(f"{name}.mean")
        last = "y" if axis == 4 else f"{axis}.y"
        yield node("Concat", pieces, [last], axis=axis)
