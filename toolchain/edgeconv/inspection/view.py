"""A summary for machines (JSON) and for people (rich tables)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from edgeconv.core.summary import ModelSummary, TensorInfo

_TRANSPOSES = ("TRANSPOSE", "Transpose")
_SHOWN = 3


def summary_as_dict(summary: ModelSummary) -> dict[str, Any]:
    """The summary as JSON values; holds no path of the machine."""
    versions: dict[str, set[int]] = {}
    for op in summary.ops:
        versions.setdefault(op.op, set()).add(op.version)
    return {
        "path": Path(summary.path).name,
        "format": summary.format,
        "bytes": summary.bytes,
        "opset": summary.opset,
        "ops_total": len(summary.ops),
        "op_histogram": summary.histogram,
        "op_versions": {op: sorted(found) for op, found in sorted(versions.items())},
        "max_rank": summary.max_rank,
        "dtypes": summary.dtypes,
        "float_islands": list(summary.float_islands),
        "transposes": sum(summary.count(op) for op in _TRANSPOSES),
        "macs": summary.macs,
        "inputs": [_tensor(t) for t in summary.inputs],
        "outputs": [_tensor(t) for t in summary.outputs],
        "warnings": list(summary_warnings(summary)),
    }


def _tensor(tensor: TensorInfo) -> dict[str, Any]:
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "dtype": tensor.dtype,
        "quantization": {"scales": list(tensor.scales), "zero_points": list(tensor.zero_points)}
        if tensor.scales
        else None,
    }


def summary_warnings(summary: ModelSummary) -> tuple[str, ...]:
    """What in this file stands in the way of a 4D, full-int8 device."""
    tensors = summary.tensors
    deep = [t for t in tensors if len(t.shape) > 4]
    open_ = [t for t in tensors if -1 in t.shape]
    conv3d = [o.name for o in summary.ops if o.op == "CONV_3D" or (o.op == "Conv" and _rank(o.outputs) == 5)]
    found = []
    if summary.float_islands:
        found.append(
            f"{len(summary.float_islands)} float tensors behind integer inputs and outputs: "
            f"{_some(list(summary.float_islands))}"
        )
    if deep:
        found.append(f"{len(deep)} tensors of rank above 4: {_some([f'{t.name} {list(t.shape)}' for t in deep])}")
    if conv3d:
        found.append(f"{len(conv3d)} 3D convolutions (float32 only in TFLite): {_some(conv3d)}")
    if open_:
        found.append(f"{len(open_)} tensors whose size the file leaves open: {_some([t.name for t in open_])}")
    return tuple(found)


def _rank(outputs: tuple[TensorInfo, ...]) -> int:
    return len(outputs[0].shape) if outputs else 0


def _some(items: list[str]) -> str:
    more = len(items) - _SHOWN
    return ", ".join(items[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


def render_summary(summary: ModelSummary, console: Console) -> None:
    """Print the summary for a person: facts, ops, inputs and outputs, warnings."""
    facts = Table(title=escape(Path(summary.path).name), show_header=False, title_justify="left")
    facts.add_row("format", summary.format + (f", opset {summary.opset}" if summary.opset is not None else ""))
    facts.add_row("size", f"{summary.bytes:,} bytes ({summary.bytes / 2**20:.1f} MiB)")
    facts.add_row("ops", f"{len(summary.ops)}, {sum(summary.count(op) for op in _TRANSPOSES)} of them transposes")
    facts.add_row("multiply-accumulates", f"{summary.macs:,}")
    facts.add_row("highest rank", str(summary.max_rank))
    facts.add_row("tensor types", ", ".join(f"{count} {dtype}" for dtype, count in summary.dtypes.items()))
    console.print(facts)

    as_dict = summary_as_dict(summary)
    ops = Table("op", "count", "version", "multiply-accumulates", title="Ops", title_justify="left")
    for op, count in summary.histogram.items():
        macs = sum(o.macs for o in summary.ops if o.op == op)
        versions = ", ".join(map(str, as_dict["op_versions"][op]))
        ops.add_row(escape(op), str(count), versions, f"{macs:,}" if macs else "")
    console.print(ops)

    ends = Table("", "name", "type", "shape", "quantization", title="Inputs and outputs", title_justify="left")
    ends.columns[1].overflow = "fold"
    for title, tensors in (("input", summary.inputs), ("output", summary.outputs)):
        for tensor in tensors:
            ends.add_row(
                title, escape(tensor.name), tensor.dtype, escape(str(list(tensor.shape))), _quantization(tensor)
            )
    console.print(ends)

    for warning in as_dict["warnings"]:
        console.print(f"[yellow]warning:[/yellow] {escape(warning)}", soft_wrap=True)


def _quantization(tensor: TensorInfo) -> str:
    if not tensor.scales:
        return ""
    if len(tensor.scales) > 1:
        return f"{len(tensor.scales)} channels"
    zero = tensor.zero_points[0] if tensor.zero_points else 0
    return f"scale {tensor.scales[0]:.6g}, zero point {zero}"
