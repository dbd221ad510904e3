from __future__ import annotations

import math

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, activation_type, constraint
from edgeconv.targets.constraints.xnnpack._shared import MEASURED


@constraint("cpu", source=MEASURED, ops=("ADD", "SUB", "MUL", "QUANTIZE", "LEAKY_RELU"))
def scale_ratio(op: OpInfo) -> Finding:
    """In int8, input scale over output scale must lie in [2^-10, 2^8) for ADD and SUB, [2^-8, 2^8) for QUANTIZE; the
    product of both input scales over the output scale in [2^-16, 2^8) for MUL; for LEAKY_RELU the ratio below 2^8 and,
    times alpha, not below 2^-8."""
    scales = [t.scales[0] for t in op.inputs if t is not None and len(t.scales) == 1]
    if activation_type(op) != "int8" or not scales or len(op.outputs[0].scales) != 1 or not op.outputs[0].scales[0]:
        return Finding(True)
    out = op.outputs[0].scales[0]
    ratios = [math.prod(scales) / out] if op.op == "MUL" else [s / out for s in scales]
    if op.op == "LEAKY_RELU":
        ratios.append(ratios[0] * abs(op.attributes.get("alpha", 1.0)))
    lowest = {"MUL": 2**-16, "ADD": 2**-10, "SUB": 2**-10}.get(op.op, 2**-8)
    bad = [r for r in ratios if not lowest <= r < 2**8]
    return Finding(not bad, f"ratio {', '.join(f'{r:.3g}' for r in bad)}")
