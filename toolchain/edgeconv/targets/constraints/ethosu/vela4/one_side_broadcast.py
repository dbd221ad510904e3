from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4, ops=("ADD", "MAXIMUM", "MINIMUM", "MUL", "SQUARED_DIFFERENCE", "SUB"))
def one_side_broadcast(op: OpInfo) -> Finding:
    """One input must have the shape of the output: only the other may be broadcast."""
    shapes = [t.shape for t in op.inputs if t is not None]
    return Finding(op.outputs[0].shape in shapes, " × ".join(str(list(s)) for s in shapes))
