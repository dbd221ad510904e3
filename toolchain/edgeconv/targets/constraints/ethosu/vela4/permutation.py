from __future__ import annotations

from edgeconv.core.summary import OpInfo
from edgeconv.targets.constraint import Finding, constraint
from edgeconv.targets.constraints.ethosu._shared import VELA_4


@constraint("cpu", source=VELA_4, ops=("TRANSPOSE",))
def permutation(op: OpInfo) -> Finding:
    """A TRANSPOSE swaps height and width (1×H×W×C to 1×W×H×C, H×W×C to W×H×C), or two axes where the third is 1; in
    2 dimensions it is free."""
    perm, shape = op.attributes.get("perm"), op.tensors[0].shape
    if perm is None or len(shape) == 2:
        return Finding(perm is not None, "the permutation is not constant")
    inner, dims = tuple(p - len(shape) + 3 for p in perm[-3:]), shape[-3:]
    batch_stays = len(shape) == 3 or perm[0] == 0
    forms = inner == (1, 0, 2) or (dims[0] == 1 and inner == (0, 2, 1)) or (dims[1] == 1 and inner == (2, 1, 0))
    return Finding(len(shape) < 5 and batch_stays and forms, f"permutation {list(perm)} of {list(shape)}")
