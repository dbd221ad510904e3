from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.edgetpu._shared import SUPPORTED_OPS


@constraint("cpu", source=SUPPORTED_OPS, ops=("CONCATENATION",))
def concat_constant(op: OpInfo) -> Finding:
    """A CONCATENATION with a constant must have exactly 2 inputs, and the constant must be all zeros (a padding)."""
    constants = [i for i, t in enumerate(op.inputs) if t is not None and t.constant]
    zeros = op.attributes.get("zero_constants", ())
    passed = not constants or (len(op.inputs) == 2 and set(constants) <= set(zeros))
    return Finding(passed, f"{len(op.inputs)} inputs, {len(constants)} constant, {len(zeros)} of them zero")
