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


def transpose_gate(file: str, summary: ModelSummary, op: str, limit: int, listed_ones: int = 0) -> Gate:
    """`listed_ones`: transposes that lowering could not avoid, and that the report lists with their causes."""
    found = [f"'{o.name}'" for o in summary.ops if o.op == op]
    gate = at_most(f"{file}: {op} operators", len(found), limit + listed_ones, found)
    if not listed_ones:
        return gate
    return gate.model_copy(update={"required": f"{gate.required}, the {listed_ones} that the report lists among them"})
