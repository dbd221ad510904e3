from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint, describe


@constraint("unknown", source="https://github.com/google-coral/edgetpu/issues/433", ops=("TRANSPOSE",))
def transpose_unproven(op: OpInfo) -> Finding:
    """Compiler 16 maps some TRANSPOSE and leaves others on the CPU "due to some unspecified limitation"; one of them
    took 190 of 191 ops of a model to the CPU."""
    return Finding(False, f"permutation {op.attributes.get('perm', 'not constant')} of {describe(op.tensors[0])}")
