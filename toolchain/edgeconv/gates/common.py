"""Questions both formats are asked."""

from __future__ import annotations

from collections.abc import Sequence

from edgeconv.core.report import Gate
from edgeconv.core.summary import ModelSummary


def at_most(name: str, measured: int, limit: int, found: Sequence[str] = ()) -> Gate:
    """A count that may not exceed a limit; the offenders are named."""
    return Gate(
        name=name, passed=measured <= limit, measured=str(measured), required=f"at most {limit}", detail=listed(found)
    )


def listed(found: Sequence[str], most: int = 5) -> str:
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more


def rank_gate(file: str, summary: ModelSummary, limit: int) -> Gate:
    """Over every tensor of the file, shape helpers included."""
    offenders = [f"'{t.name}' {list(t.shape)}" for t in summary.tensors if len(t.shape) > limit]
    return at_most(f"{file}: max rank", summary.max_rank, limit, offenders)


def static_gate(file: str, summary: ModelSummary) -> Gate:
    dynamic = [f"'{t.name}' {list(t.shape)}" for t in summary.tensors if any(d < 0 for d in t.shape)]
    return at_most(f"{file}: tensors of unknown shape", len(dynamic), 0, dynamic)


def transpose_gate(file: str, summary: ModelSummary, op: str, limit: int) -> Gate:
    found = [f"'{o.name}'" for o in summary.ops if o.op == op]
    return at_most(f"{file}: {op} operators", len(found), limit, found)
