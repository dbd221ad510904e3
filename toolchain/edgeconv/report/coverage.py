"""Coverage as Markdown: part of report.md, and the whole of `edgeconv check --markdown`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgeconv.core.report import Coverage, OpVerdict
from edgeconv.report import format as fmt
from edgeconv.report import view
from edgeconv.report.markup import escape, table

_RUNS_SHOWN = 24


def render_check(file: str, coverages: Sequence[Coverage], failing: Mapping[str, Sequence[OpVerdict]]) -> str:
    """A file on one or more targets: the verdict, the totals side by side, then each target op by op.

    Args:
        failing: by target, the ops that make the check fail.
    """
    failed = [c.target for c in coverages if failing[c.target]]
    held = ", ".join(f"{fmt.plural(len(failing[t]), 'op')} held back on {t}" for t in failed)
    names = ", ".join(escape(c.target) for c in coverages)
    head = f"## ✗ FAILED: {escape(file)}: {escape(held)}" if failed else f"## ✓ PASSED: {escape(file)} on {names}"
    blocks = [head, _side_by_side(coverages)]
    for coverage in coverages:
        blocks += [*coverage_blocks(coverage), _all_ops(coverage)]
    return "\n\n".join(b for b in blocks if b) + "\n"


def coverage_blocks(coverage: Coverage) -> list[str]:
    """One target: what it comes to in a sentence, totals, parts in file order, what to know and to do."""
    totals = view.coverage_view(coverage)
    counted = "" if coverage.partitions is None else f" {fmt.plural(coverage.partitions, 'delegate partition')}."
    rows = (
        (p.label, str(p.ops), fmt.macs(p.macs), escape(fmt.share(p.share)), fmt.size(p.bytes)) for p in totals.parts
    )
    lines = [f"- {escape(line)}" for line in coverage.warnings]
    lines += [f"- **Advice:** {escape(line)}" for line in coverage.advice]
    blocks = [
        f"### Ops on {escape(coverage.title)}",
        f"{escape(coverage.summary)} Judged by: {escape(coverage.judged_by)}.{counted}",
        table(("Verdict", "Ops", "MACs", f"Share of {totals.measure}", "Bytes"), rows, "lrrrr"),
        _in_file_order(totals),
        "\n".join(lines),
    ]
    return [block for block in blocks if block]


def _in_file_order(totals: view.CoverageView) -> str:
    if len(totals.runs) < 2:
        return ""
    shown = [escape(run.words) for run in totals.runs[:_RUNS_SHOWN]]
    left = len(totals.runs) - len(shown)
    return "In file order: " + "; ".join(shown) + (f"; and {left} more runs." if left else ".")


def _side_by_side(coverages: Sequence[Coverage]) -> str:
    if len(coverages) < 2:
        return ""
    views = [view.coverage_view(c) for c in coverages]
    rows = []
    for verdict in view.VERDICTS:
        found = [next((p for p in v.parts if p.verdict == verdict), None) for v in views]
        if any(found):
            cells = [
                f"{fmt.plural(p.ops, 'op')}, {fmt.share(p.share)}, {fmt.size(p.bytes)}" if p else "–" for p in found
            ]
            rows.append((view.LABELS[verdict], *map(escape, cells)))
    counts = ["–" if c.partitions is None else str(c.partitions) for c in coverages]
    rows.append(("partitions", *counts))
    return table(("", *(escape(c.target) for c in coverages)), rows, "l" + "r" * len(coverages))


def _all_ops(coverage: Coverage) -> str:
    if not coverage.ops:
        return ""
    head = ("#", "Op", "Name", "Verdict", "Reasons", "Inputs", "Outputs", "Bytes", "MACs")
    rows = (
        (
            str(o.index),
            escape(o.op),
            escape(o.name),
            view.LABELS[o.verdict],
            escape(" ".join(o.reasons)),
            escape(", ".join(o.inputs)),
            escape(", ".join(o.outputs)),
            fmt.size(o.bytes),
            fmt.macs(o.macs) if o.macs else "–",
        )
        for o in coverage.ops
    )
    title = f"All {fmt.plural(len(coverage.ops), 'op')} on {escape(coverage.target)}"
    return f"<details><summary>{title}</summary>\n\n{table(head, rows, 'rllllllrr')}\n\n</details>"
