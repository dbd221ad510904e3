from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.kernels._shared import MEASURED
from edgeconv.targets.data.kernel_versions import LITERT_2_3


@constraint("unsupported", source=MEASURED)
def builtin_op(op: OpInfo) -> Finding:
    """The op must be one of the 172 builtin ops that LiteRT 2.3 registers; custom and Flex ops need code that the
    runtime does not carry."""
    custom = " (a custom op)" if "custom_code" in op.attributes else ""
    return Finding(not custom and op.op in LITERT_2_3, f"{op.op}{custom} is not registered")
