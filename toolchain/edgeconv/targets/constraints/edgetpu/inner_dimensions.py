from __future__ import annotations

import math

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, tensors_that
from edgeconv.targets.constraints.edgetpu._shared import REQUIREMENTS


@constraint("cpu", source=REQUIREMENTS)
def inner_dimensions(op: OpInfo) -> Finding:
    """Only the 3 innermost dimensions of a run-time tensor may be larger than 1; so the batch must be 1."""
    return tensors_that(op, lambda t: math.prod(t.shape[:-3]) != 1)
