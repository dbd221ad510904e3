"""What a lowering did, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from edgeconv.core import axes
from edgeconv.report import format as fmt

if TYPE_CHECKING:
    from rich.console import Console

    from edgeconv.layerwise import Layer, Verification
    from edgeconv.lowering import Port
    from edgeconv.short_road import LowerResult

MOST = 20
"""Transposes that are told one by one; --json has them all."""


def as_dict(result: LowerResult) -> dict[str, Any]:
    layouts = {i.name: i.layout for i in result.exported.inputs}
    return {
        "passed": result.passed,
        "file": str(result.path),
        "exporter": result.exported.exporter,
        "weights": result.exported.weights,
        "untrained": result.exported.untrained,
        "notes": list(result.notes),
        "before": {"nodes": len(result.before.ops), "max_rank": result.before.max_rank, "ops": result.before.histogram},
        "after": {"nodes": len(result.after.ops), "max_rank": result.after.max_rank, "ops": result.after.histogram},
        "opset": result.after.opset,
        "bytes": result.after.bytes,
        "rules": result.lowered.rules,
        "batch_norms_merged": result.lowered.batch_norms,
        "transposes": list(result.lowered.transposes),
        "inputs": [_frames_port(p) | {"layout": layouts.get(p.name, "")} for p in result.lowered.inputs],
        "outputs": [_frames_port(p) for p in result.lowered.outputs],
        "gates": [g.model_dump(mode="json") for g in result.gates],
        "verification": result.verification.model_dump(mode="json") if result.verification else None,
        "timings": [t.model_dump(mode="json") for t in result.timings],
        "lowering_seconds": result.lowered.seconds,
    }


def _frames_port(port: Port) -> dict[str, Any]:
    """An end of the 4D ONNX file, which is always in frames fold."""
    return {"name": port.name, "logical": port.logical, "perm": port.perm, "physical": port.physical}


def print_lowered(result: LowerResult, console: Console) -> None:
    lowered, before, after = result.lowered, result.before, result.after
    layouts = {i.name: i.layout for i in result.exported.inputs}
    table = Table.grid(padding=(0, 2, 0, 0), expand=True)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_row("exporter", Text(result.exported.exporter))
    table.add_row("weights", Text(result.exported.weights))
    table.add_row("nodes", f"{len(before.ops)} → {len(after.ops)}, {_simplified(result)}")
    table.add_row("largest rank", f"{before.max_rank} → {after.max_rank}")
    table.add_row("rules", Text(_counts(lowered.rules, lowered.batch_norms)))
    table.add_row("operators", Text(_counts(after.histogram)))
    for port in lowered.inputs:
        table.add_row("input", Text(_port(port, layouts.get(port.name, ""))))
    for port in lowered.outputs:
        table.add_row("output", Text(_port(port, "")))
    table.add_row("transposes", Text(_transposes(lowered.transposes)))
    if result.verification:
        for number, line in enumerate(_verification(result.verification)):
            table.add_row("" if number else "layer by layer", Text(line))
    for note in result.notes:
        table.add_row(Text("note", "yellow"), Text(note))
    table.add_row("time", Text(_times(result)))
    console.print(table)
    console.print()
    failed = list(failed_gates(result))
    for line in failed:
        console.print(Text(line), soft_wrap=True)
    verdict = ("✗ FAILED", "bold red") if failed else ("✓ PASSED", "bold green")
    console.print(Text.assemble(verdict, f"  {result.path}, {after.bytes / 1e6:.1f} MB"), soft_wrap=True)


def failed_gates(result: LowerResult) -> Iterator[str]:
    for gate in result.gates:
        if not gate.passed:
            detail = f" ({gate.detail})" if gate.detail else ""
            yield f"gate failed: {gate.name}: measured {gate.measured}, required {gate.required}{detail}"


def _simplified(result: LowerResult) -> str:
    done = result.simplified
    if done is None or not done.simplified:
        return "not simplified"
    return f"simplified by onnxsim ({done.nodes_before} as lowered)"


def _counts(counts: dict[str, int], batch_norms: int = 0) -> str:
    told = [f"{n} {op}" for op, n in sorted(counts.items(), key=lambda kv: (-kv[1], kv[0]))]
    return ", ".join(told + ([f"{batch_norms} BatchNormalization merged into convolutions"] if batch_norms else []))


def _port(port: Port, letters: str) -> str:
    pieces = [(axis, port.logical[axis]) for axis in port.perm]
    layout = f" {letters}" if letters else ""
    return f"{port.name} {list(port.logical)}{layout} → {axes.lies(port.logical, pieces, port.physical, letters)}"


def _transposes(transposes: Sequence[str]) -> str:
    if not transposes:
        return "none"
    more = [f"and {len(transposes) - MOST} more"] if len(transposes) > MOST else []
    return "\n".join([f"{len(transposes)}, caused by", *transposes[:MOST], *more])


def _times(result: LowerResult) -> str:
    told = ", ".join(
        f"{t.name} {t.seconds:.1f} s" + (f" {t.peak_mib:.0f} MiB" if t.peak_mib else "") for t in result.timings
    )
    return f"{told}; lowering alone {result.lowered.seconds:.1f} s"


def _verification(found: Verification) -> Iterator[str]:
    if found.died:
        yield f"the comparison did not come to its end: {found.died}"
        return
    yield f"{fmt.plural(found.compared, 'value')} compared on {fmt.plural(found.samples, 'input')}"
    for reason, names in found.uncompared.items():
        yield f"{fmt.plural(len(names), 'value')} not: {reason}"
    if found.worst:
        yield f"worst: {_layer(found.worst)}"
    for number, layer in enumerate(found.culprits[:3]):
        yield f"{'FIRST TO DIFFER' if number == 0 else 'also by itself'}: {_layer(layer)}"
        if number == 0:
            yield f"  before it: {', '.join(layer.before) or 'the input'}"
    if len(found.culprits) > 3:
        yield f"and {len(found.culprits) - 3} more differ by themselves"
    if found.inherited:
        cause = "what reaches them" if found.culprits else "rounding on the way"
        yield f"{fmt.plural(found.inherited, 'layer')} beyond {found.tolerance:.0e} only because of {cause}"
    for output in found.outputs:
        yield f"output {output.name} of the file: {output.relative:.1e} of its scale"


def _layer(layer: Layer) -> str:
    alone = "" if layer.alone is None else f", by itself {layer.alone:.1e}"
    return (
        f"{layer.op} '{layer.value}' {list(layer.shape)}: {layer.relative:.1e} of its scale{alone}; lies {layer.lies}"
    )
