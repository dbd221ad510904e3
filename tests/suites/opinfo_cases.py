"""torch's own operator samples (OpInfo) as ONNX models: every rank-5 sample of the operators named here.

The TorchScript exporter makes the models, under our own rewrites of what it cannot do (adaptive pools of uneven bins)
or does wrongly (it forgets the divisor of an average); torch eager without them is the judge.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import onnx
import torch
from lowering_cases import OPSET, Array

from edgeconv.sources.rewrites import Rewriting


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
    """The exporter refuses the sample."""


@lru_cache
def samples(op: str) -> tuple[Sample, ...]:
    """Every rank-5 sample of 'name' or 'name variant', in torch's order, drawn in float64."""
    from torch.testing._internal.common_methods_invocations import op_db

    name, _, variant = op.partition(" ")
    (info,) = [o for o in op_db if (o.name, o.variant_test_name) == (f"nn.functional.{name}", variant)]
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
    return export(*sample.as_dtype(dtype))


def export(module: torch.nn.Module, x: torch.Tensor, name: str = "x") -> onnx.ModelProto:
    """By the TorchScript exporter, under the rewrites that every export of ours is under.

    Raises:
        NotExportable: with the exporter's reason.
    """
    file = io.BytesIO()
    with warnings.catch_warnings(), Rewriting():
        warnings.simplefilter("ignore")
        try:
            torch.onnx.export(module.eval(), (x,), file, opset_version=OPSET, dynamo=False, input_names=[name])
        except torch.onnx.errors.OnnxExporterError as error:
            raise NotExportable(str(error).splitlines()[0]) from error
    return onnx.load_from_string(file.getvalue())
