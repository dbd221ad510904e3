"""One line per network, for the terminal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from zoo.findings import Finding


def status_line(finding: Finding) -> str:
    parts = [f"{finding.name:20}"]
    if finding.exported:
        e = finding.exported
        parts.append(f"{e.exporter} {e.operators} ops, torch {e.relative:.0e}")
    if finding.lowered:
        low = finding.lowered
        parts.append(
            f"4D REFUSED {_some(low.refused)}"
            if low.refused
            else f"4D {low.operators} ops rank {low.max_rank} diff {low.relative:.1e} {low.seconds:.1f} s "
            f"{low.mebibytes:.0f} MiB T={len(low.transposes)} {_some(low.transposes)}"
        )
    if finding.emitted:
        e = finding.emitted
        parts.append(
            f"fp32 REFUSED {_some(e.refused)}"
            if e.refused
            else f"fp32 {e.operators} ops diff {e.relative:.1e} T={len(e.transposes)} {_some(e.transposes)}"
        )
    if finding.quantized:
        q = finding.quantized
        parts.append(
            f"int8 REFUSED {_some(q.refused)}"
            if q.refused
            else f"int8 {q.operators} ops floats {q.floats} T={q.transposes} cos {q.cosine:.4f}/{q.cosine_min:.4f} "
            f"partitions {q.partitions} {_some(f'{k}' for k, n in q.breaks.items() for _ in range(n))}"
        )
    if finding.died:
        parts.append(f"DIED {' | '.join(finding.died)[:300]}")
    return "\n    ".join(parts)


def _some(texts: Iterable[str]) -> str:
    """Kinds of things with their counts; names are left out."""
    kinds = Counter(_kind(t) for t in texts)
    return "; ".join(f"{n}x {k}" for k, n in kinds.most_common(12)) if kinds else ""


def _kind(text: str) -> str:
    return re.sub(r" '[^']*'| on \[[^:]*", "", text)[:200]
