"""report.md: short, made for the summary page of a CI job."""

from __future__ import annotations

from collections import Counter

from edgeconv.core.report import ParityPair, Report
from edgeconv.report import format as fmt
from edgeconv.report import view
from edgeconv.report.compilation import compilation_block
from edgeconv.report.coverage import coverage_blocks
from edgeconv.report.drift import worst
from edgeconv.report.markup import escape, table
from edgeconv.report.matrix import matrix_block
from edgeconv.report.recipe import recipe_block
from edgeconv.report.split import split_block
from edgeconv.report.stages import int8_words, stage_words


def render_markdown(report: Report) -> str:
    """Verdict, failed gates, warnings, key numbers, parity, coverage, stages, files."""
    mark = "✓" if report.passed else "✗"
    blocks = [
        f"## {mark} {view.verdict_word(report)}: {view.verdict_reason(report)}",
        f"{escape(report.source.name)} → {escape(report.target)}",
        _failed_gates(report),
        _warnings(report),
        "### Key numbers",
        table(("", "", ""), ((f.label, f"**{escape(f.value)}**", escape(f.note)) for f in view.key_numbers(report))),
        _parity(report),
        "\n\n".join(("### Parity matrix", *map(matrix_block, report.matrices))) if report.matrices else "",
        _drift(report),
        _transposes(report),
        recipe_block(report.recipe) if report.recipe else "",
        split_block(report.split) if report.split else "",
        _coverage(report),
        *map(compilation_block, report.compilations),
        "### Stages",
        table(
            ("Stage", "Status", "What was done"),
            ((escape(s.name), f"{view.MARKS[s.status]} {s.status}", escape(s.summary)) for s in report.stages),
        ),
        _gates(report),
        "### Files",
        table(
            ("File", "Role", "Size", "SHA-256"),
            ((escape(a.file), escape(a.role), fmt.size(a.bytes), f"`{escape(a.sha256)}`") for a in report.artifacts),
            "llrl",
        ),
        _origin(report),
    ]
    return "\n\n".join(b for b in blocks if b) + "\n"


def _failed_gates(report: Report) -> str:
    if report.passed:
        return ""
    rows = (
        (f"✗ {escape(g.name)}", f"**{escape(g.measured)}**", escape(g.required), escape(g.detail))
        for g in report.failed_gates
    )
    return "### Failed gates\n\n" + table(("Gate", "Measured", "Required", "Detail"), rows)


def _warnings(report: Report) -> str:
    found = view.notices(report)
    return "### Warnings\n\n" + "\n".join(f"- {escape(w)}" for w in found) if found else ""


def _parity(report: Report) -> str:
    head = ("Pair", "Cosine mean", "worst", "SQNR worst", "Largest error, relative", "Top-1", "Top-5", "Worst clip")
    rows = [row for p in report.parity for row in (_pair(p), *_outputs(p))]
    return "### Parity\n\n" + table(head, rows, "lrrrrrrl")


def _outputs(pair: ParityPair) -> list[tuple[str, ...]]:
    """One row for each of several outputs: its worst values over all clips."""
    return [
        (
            f"output {escape(name)}",
            "–",
            escape(fmt.cosine(m.cosine)),
            escape(fmt.decibel(m.sqnr_db)),
            escape(fmt.number(m.relative)),
            escape(fmt.share(m.top1)),
            escape(fmt.share(m.top5)),
            "",
        )
        for name, m in pair.outputs.items()
    ]


def _pair(pair: ParityPair) -> tuple[str, ...]:
    name = f"{escape(pair.reference)} → {escape(pair.candidate)}"
    if pair.failure:
        return (name, "–", "–", "–", "–", "–", "–", f"✗ no numbers: {escape(pair.failure)}")
    mean, worst = pair.mean, pair.worst
    values = (
        fmt.cosine(mean.cosine),
        fmt.cosine(worst.cosine),
        fmt.decibel(worst.sqnr_db),
        fmt.number(worst.relative),
        fmt.share(mean.top1),
        fmt.share(mean.top5),
    )
    return (name, *map(escape, values), escape(pair.worst_clip))


def _drift(report: Report) -> str:
    if not report.drift:
        return ""
    named = "; ".join(
        f"{escape(p.tensor)} ({escape(p.op)}) {escape(fmt.decibel(p.sqnr_db))}" for p in worst(report.drift, 3)
    )
    counted = fmt.plural(len(report.drift), "compared tensor")
    said = f"Largest drift of {counted}: {named}. {escape(view.drift_start(report))} {escape(int8_words(report.drift))}"
    rows = (
        (escape(p.tensor), escape(p.op), fmt.decibel(p.lost_db), fmt.decibel(p.sqnr_db), escape("; ".join(p.causes)))
        for p in view.costliest(report)
    )
    lost = table(("Loses most", "Op", "Loses", "SQNR after", "Likely cause"), rows, "llrrl")
    stages = "\n".join(f"- {escape(words)}" for words in stage_words(report.layers))
    return "\n\n".join(b for b in (said, lost if view.costliest(report) else "", stages) if b)


def _transposes(report: Report) -> str:
    """Those left, with the operators that cause them; grouped, because blocks of a network repeat."""
    blocks = []
    for file, lines in (("model.onnx", report.lowering.transposes), ("TFLite", report.lowering.tflite_transposes)):
        if lines:
            causes = Counter(line.partition(" ")[0] for line in lines)
            rows = ", ".join(f"{n} by {escape(op)}" for op, n in causes.most_common())
            items = "\n".join(f"- {escape(line)}" for line in lines)
            head = f"{fmt.plural(len(lines), 'transpose')} left in {file}: {rows}"
            blocks.append(f"<details><summary>{head}</summary>\n\n{items}\n\n</details>")
    return "\n\n".join(blocks)


def _coverage(report: Report) -> str:
    return "\n\n".join(block for coverage in report.coverage for block in coverage_blocks(coverage))


def _gates(report: Report) -> str:
    rows = (
        (f"{'✓' if g.passed else '✗'} {escape(g.name)}", escape(g.measured), escape(g.required)) for g in report.gates
    )
    rows_table = table(("Gate", "Measured", "Required"), rows)
    return f"<details><summary>All {fmt.plural(len(report.gates), 'gate')}</summary>\n\n{rows_table}\n\n</details>"


def _origin(report: Report) -> str:
    source, made = report.source, report.provenance
    inputs = "; ".join(f"{escape(i.layout or i.name)} {fmt.shape(i.shape)}" for i in source.inputs)
    clips = "; ".join(
        f"{c.role}: {fmt.plural(len(c.clips), 'ready sample' if c.ready else 'clip')} from {escape(c.origin)}"
        + (f", {len(c.skipped)} skipped" if c.skipped else "")
        for c in report.clip_sets
    )
    return "\n".join(
        line
        for line in (
            f"Source: {escape(source.name)} ({escape(source.kind)}), weights: {escape(source.weights)}, "
            f"{'input' if len(source.inputs) == 1 else 'inputs'} {inputs}.",
            f"Clips: {clips}." if clips else "",
            f"Made by edgeconv {escape(made.edgeconv)}, Python {escape(made.python)}, profile {escape(made.profile)}, "
            f"seed {made.seed}.",
        )
        if line
    )
