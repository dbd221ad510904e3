from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_5, kernel, sides, stride


@constraint("cpu", source=VELA_5, ops=("TRANSPOSE_CONV",))
def up_size(op: OpInfo) -> Finding:
    """The output of TRANSPOSE_CONV must be input times stride (SAME), plus kernel less stride (VALID)."""
    data, out, size, steps = (
        sides(op.inputs[2] or op.outputs[0]),
        sides(op.outputs[0]),
        kernel(op),
        stride(op),
    )
    extra = [k - s if op.attributes.get("padding") == "VALID" else 0 for k, s in zip(size, steps, strict=True)]
    wanted = tuple(d * s + e for d, s, e in zip(data, steps, extra, strict=True))
    return Finding(out == wanted, f"output {list(out)} instead of {list(wanted)}")
