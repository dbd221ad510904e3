"""What a constraint is: one documented yes/no question about one op."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edgeconv.core.report import Verdict
from edgeconv.core.summary import OpInfo, TensorInfo


@dataclass(frozen=True)
class Finding:
    """The answer of a constraint, with the values it looked at."""

    passed: bool
    measured: str = ""
    """Shown to the user when the constraint fails."""


Test = Callable[[OpInfo], Finding]


@dataclass(frozen=True)
class Constraint:
    """One rule of a device. Its text, the docstring of its function, is what users read."""

    name: str
    """'family/rule', from the module the function lives in."""
    text: str
    test: Test
    ops: frozenset[str]
    """The TFLite ops it looks at; empty: every op."""
    otherwise: Verdict
    """What becomes of an op that fails it."""
    source: str

    def applies_to(self, op: OpInfo) -> bool:
        return not self.ops or op.op in self.ops

    def __call__(self, op: OpInfo) -> Finding:
        try:
            return self.test(op)
        except IndexError:  # a damaged file, or an op newer than this rule
            return Finding(False, f"{len(op.inputs)} inputs and {len(op.outputs)} outputs, too few for {op.op}")


_REGISTRY: dict[str, Constraint] = {}


def constraint(otherwise: Verdict, *, source: str, ops: Iterable[str] = ()) -> Callable[[Test], Constraint]:
    """Register a function as a constraint; its docstring is the text users read."""

    def register(test: Test) -> Constraint:
        family = f".{test.__module__}".split(".")[-2] or test.__module__
        name = f"{family}/{test.__name__.replace('_', '-')}"
        text = " ".join((inspect.getdoc(test) or "").split())
        if not text:
            raise TypeError(f"constraint {name} has no docstring, so users could not read it")
        if name in _REGISTRY:
            raise TypeError(f"constraint {name} exists twice")
        _REGISTRY[name] = Constraint(name, text, test, frozenset(ops), otherwise, source)
        return _REGISTRY[name]

    return register


def registered() -> tuple[Constraint, ...]:
    """All constraints that were imported so far, by name."""
    return tuple(_REGISTRY[name] for name in sorted(_REGISTRY))


def describe(tensor: TensorInfo) -> str:
    """'int8 [16, 112, 112, 64]', constants as 'int8 const [64, 3, 3, 3]'."""
    return f"{tensor.dtype}{' const' if tensor.constant else ''} {list(tensor.shape)}"


def activations(op: OpInfo) -> tuple[TensorInfo, ...]:
    """The tensors that are computed at run time: inputs and outputs that are no constants of the file."""
    return tuple(t for t in op.tensors if not t.constant)


def activation_type(op: OpInfo) -> str:
    """The dtype an op works on: that of its first run-time input, else of its first output, else of any tensor."""
    data = next((t for t in op.inputs if t is not None and not t.constant), None)
    tensor = data or next(iter(op.outputs), None) or next(iter(op.tensors), None)
    return tensor.dtype if tensor is not None else "unknown"


def tensors_that(op: OpInfo, wrong: Callable[[TensorInfo], bool]) -> Finding:
    """Passes when no run-time tensor of the op is wrong; names those that are."""
    bad = [t for t in activations(op) if wrong(t)]
    return Finding(not bad, ", ".join(f"'{t.name}' is {describe(t)}" for t in bad))


def same_quantization(op: OpInfo) -> Finding:
    """Passes when all int8 tensors of an int8 op share one scale and zero point."""
    if activation_type(op) != "int8":
        return Finding(True)
    quantized = [t for t in op.tensors if t.dtype == "int8" and t.scales]
    pairs = sorted({(t.scales[0], t.zero_points[0] if t.zero_points else 0) for t in quantized})
    return Finding(len(pairs) <= 1, "; ".join(f"scale {s:.6g}, zero point {z}" for s, z in pairs))
