"""Why a value of the source has nothing to be compared with."""

from __future__ import annotations

from collections.abc import Collection

from edgeconv.layerwise.exposed import Exposed, reads

CONSTANT = "it does not depend on the input: computed once"
MERGED = "a BatchNorm behind it was merged into what makes it"
UNUSED = "the lowered graph does not compute it: it is a constant there, or nothing needs it"
FUSED = "the lowered file holds it no more: an activation behind it was fused, or another operator gives the same"
_STATIC = ("Shape", "Size")


def uncompared(
    original: Exposed, compared: Collection[str], merged: Collection[str], fused: Collection[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Names by reason, in source order."""
    computed = set(original.inputs)
    reasons: dict[str, list[str]] = {}
    for node in original.nodes:
        if node.op_type not in _STATIC and any(r in computed for r in reads(node)):
            computed.update(node.output)
        for name in node.output:
            if name and name not in compared:
                reason = CONSTANT if name not in computed else UNUSED
                reason = MERGED if name in merged else FUSED if name in fused else reason
                reasons.setdefault(reason, []).append(name)
    return {reason: tuple(names) for reason, names in reasons.items()}
