from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint, tensors_that
from edgeconv.targets.constraints.xnnpack._shared import MEASURED

_OPS = ("CONCATENATION", "MEAN", "SUM", "REDUCE_MAX", "SPLIT", "SOFTMAX")


@constraint("unsupported", source=MEASURED, ops=_OPS)
def rank_load_failure(op: OpInfo) -> Finding:
    """CONCATENATION, MEAN, SUM, REDUCE_MAX, SPLIT and float SOFTMAX must not have more than 6 dimensions: the delegate
    of LiteRT 2.3 claims them, then fails to load the file."""
    if op.op == "SOFTMAX" and activation_type(op) != "float32":
        return Finding(True)
    return tensors_that(op, lambda t: len(t.shape) > 6)
