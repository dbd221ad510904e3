from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint
from edgeconv.targets.constraints.kernels._shared import MEASURED


@constraint("unsupported", source=MEASURED, ops=("MUL",))
def mul_broadcast(op: OpInfo) -> Finding:
    """An int8 MUL of rank 5 or 6 must not broadcast anything but whole leading dimensions: tflite-runtime 2.14 aborts
    the process."""
    shapes = [t.shape for t in op.inputs if t is not None]
    rank = max(map(len, shapes), default=0)
    if activation_type(op) != "int8" or rank not in (5, 6):
        return Finding(True)
    full = op.outputs[0].shape
    inner = [s for s in shapes if _without_leading_ones(s) != full[rank - len(_without_leading_ones(s)) :]]
    return Finding(not inner, f"{' × '.join(str(list(s)) for s in shapes)}")


def _without_leading_ones(shape: tuple[int, ...]) -> tuple[int, ...]:
    ones = next((i for i, d in enumerate(shape) if d != 1), len(shape))
    return shape[ones:]
