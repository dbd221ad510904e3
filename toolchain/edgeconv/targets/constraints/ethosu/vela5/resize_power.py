from __future__ import annotations

import math

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, factors


@constraint("cpu", source=VELA_5, ops=("RESIZE_BILINEAR",))
def resize_power(op: OpInfo) -> Finding:
    """On Ethos-U85 RESIZE_BILINEAR scales by powers of two."""
    found = factors(op)
    return Finding(
        all(f >= 1 and math.log2(f).is_integer() for f in found), f"factors {found[0]:.4g} and {found[1]:.4g}"
    )
