from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.data.edgetpu import KNOWN_VERSION, KNOWN_VERSIONS, OPS


@constraint("unknown", source="https://github.com/google-coral/edgetpu/issues/420")
def op_version(op: OpInfo) -> Finding:
    """Op versions newer than compiler 16 (2021) are refused ("Operation version not supported"). Old enough are
    versions up to 2, 3 for CONV_2D and DEPTHWISE_CONV_2D, 4 for FULLY_CONNECTED: what TensorFlow 2.0 wrote for int8
    already, and compiler 2 mapped (issue 13). Whether the compiler takes a newer one is not known."""
    known = KNOWN_VERSIONS.get(op.op, KNOWN_VERSION)
    return Finding(op.op not in OPS or op.version <= known, f"{op.op} is version {op.version}, known is {known}")
