"""What the writer and the quantizer must know of each operator; one table entry per operator, filled by ``ops/``."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edgeconv.tflite.graph import Graph, Op

Version = Callable[[Graph, Op], int]


def by_type(floating: int, integer: int) -> Version:
    """The usual version rule: one for float tensors, one for int8."""
    return lambda graph, op: integer if graph.tensors[op.outputs[0]].dtype == "int8" else floating


@dataclass(frozen=True)
class Weighted:
    """The operator has a weight and a bias; `axis` is the output-channel axis of the weight."""

    axis: int
    per_channel: bool
    data: int = 0
    weight: int = 1
    bias: int = 2
    """Which input is which."""


@dataclass(frozen=True)
class OpSpec:
    """How one builtin operator is written and quantized."""

    kind: str
    options: str | None
    """Name of its options table in the schema; None: it has none."""
    version: Version
    shares_scale: bool = False
    """Inputs and output must have one scale and zero point: the operator only moves or picks values."""
    fixed_output: tuple[float, int] | None = None
    """(scale, zero point) that the kernels demand of the output."""
    symmetric_inputs: tuple[int, ...] = ()
    """Inputs with zero point 0: delegates take them as weights."""
    weighted: Weighted | None = None
    int8: bool = True
    """False: the kernels have no int8 form."""
    int16: int = 0
    """Version of its form with int16 activations and int8 weights; 0: the kernels of tflite-runtime 2.14 have none, or
    (RSQRT, RESIZE_BILINEAR) one that is no finer than int8."""
    activation: bool = False
    """It can carry a fused activation."""

    def written_version(self, graph: Graph, op: Op) -> int:
        """The version that a file has to name for this operator."""
        wide = self.int16 and graph.tensors[op.outputs[0]].dtype == "int16"
        return self.int16 if wide else self.version(graph, op)


SPECS: dict[str, OpSpec] = {}


def register(*specs: OpSpec) -> None:
    for spec in specs:
        assert spec.kind not in SPECS, spec.kind
        SPECS[spec.kind] = spec


def specs() -> Mapping[str, OpSpec]:
    """All specs; importing every module of ``tflite/ops`` once."""
    from edgeconv.tflite import ops

    for module in pkgutil.iter_modules(ops.__path__):
        importlib.import_module(f"{ops.__name__}.{module.name}")
    return SPECS
