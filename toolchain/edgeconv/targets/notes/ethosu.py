"""Advice and warnings for Ethos-U."""

from __future__ import annotations

import math
from collections.abc import Iterator

from edgeconv.core.summary import ModelSummary
from edgeconv.targets.constraint import activations, describe
from edgeconv.targets.data.ethosu import COMPILED_OP
from edgeconv.targets.target import PREDICTED, Notes, Placement


def ethosu_notes(summary: ModelSummary, placement: Placement) -> Notes:
    if summary.count(COMPILED_OP):
        return Notes()
    return Notes(tuple(_advice(summary, placement)), tuple(_warnings(summary)))


def _warnings(summary: ModelSummary) -> Iterator[str]:
    yield f"{PREDICTED}Vela decides, and its memory plan decides whether the network fits the board."
    largest = max((t for op in summary.ops for t in activations(op)), key=lambda t: t.bytes, default=None)
    if largest is not None and largest.bytes > 2**20:
        yield (
            f"The activation '{largest.name}' {describe(largest)} alone takes {largest.bytes / 2**20:.1f} MiB; compare "
            "that with the SRAM of the board."
        )


def _advice(summary: ModelSummary, placement: Placement) -> Iterator[str]:
    off = {v.index for v in placement.ops if v.verdict != "accelerated"}
    at_fault = [op for op in summary.ops if op.index in off]
    fault = {op.op for op in at_fault}
    batched = [op for op in at_fault if any(math.prod(t.shape[:-3]) > 1 for t in activations(op))]
    if (moved := sum(op.op != "MEAN" for op in batched)) > 0:
        ops = f"up to {moved} ops return" if moved > 1 else "an op returns"
        yield f"Use --fold strip, or compile with Vela 5: frames lie below one another in H, and {ops} to the NPU."
    if any(op.op == "MEAN" for op in batched):
        yield "Average over [1, T, H·W, C] with one MEAN over axes 1 and 2: MEAN is refused for a batch above 1."
    if any(op.op == "MEAN" and op not in batched for op in at_fault):
        yield "Split a MEAN that Vela refuses: first over height, then over width, each at most 4096 long."
    if "TRANSPOSE" in fault:
        yield "Leave no TRANSPOSE in the file: bring the clip into its final layout before the model."
    if any(op.op == "STRIDED_SLICE" and set(op.attributes.get("strides", ())) - {1} for op in at_fault):
        yield (
            "Replace a STRIDED_SLICE with a stride over time or channels by a view and a unit slice: x[::2] is RESHAPE "
            "to [1, T/2, 2·H·W, C], slice [:, :, :H·W], RESHAPE back."
        )
    if summary.count("CONV_3D"):
        yield "Lower CONV_3D to CONV_2D with 'edgeconv export'."
    if any(t.dtype.startswith("float") for op in at_fault for t in activations(op)):
        yield "Quantize the whole file to int8, inputs and outputs included: the NPU takes no float."
