"""Advice and warnings for the Edge TPU."""

from __future__ import annotations

import math
from collections.abc import Iterator

from edgeconv.core.summary import ModelSummary
from edgeconv.targets.constraint import activations, describe
from edgeconv.targets.data.edgetpu import COMPILED_OP, LARGE_ACTIVATION, PARAMETER_CACHE, SRAM
from edgeconv.targets.target import PREDICTED, Notes, Placement

_UNFUSABLE = ("AVERAGE_POOL_2D", "CONCATENATION", "MAX_POOL_2D")


def edgetpu_notes(summary: ModelSummary, placement: Placement) -> Notes:
    if summary.count(COMPILED_OP):
        return Notes()
    return Notes(tuple(_edgetpu_advice(summary, placement)), tuple(_edgetpu_warnings(summary)))


def _edgetpu_warnings(summary: ModelSummary) -> Iterator[str]:
    yield f"{PREDICTED}only the Edge TPU compiler 16 can say what is really mapped."
    parameters = sum(t.bytes for t in summary.tensors if t.constant)
    low, high = (f"{size / 2**20:.1f}" for size in PARAMETER_CACHE)
    if parameters > PARAMETER_CACHE[0]:
        yield (
            f"The parameters take {parameters / 2**20:.1f} MiB; {low} to {high} MiB are cached on the chip in real "
            "logs, the rest is streamed for every clip."
        )
    largest = max((t for op in summary.ops for t in activations(op)), key=lambda t: t.elements, default=None)
    if largest is not None and largest.elements >= LARGE_ACTIVATION:
        yield (
            f"The activation '{largest.name}' {describe(largest)} has {largest.elements:,} elements; the smallest one "
            f"the compiler is known to have refused has {LARGE_ACTIVATION:,}."
        )
    if largest is not None and largest.bytes > SRAM:
        yield f"The activation '{largest.name}' alone takes {largest.bytes / 2**20:.1f} MiB of about 8 MB on the chip."
    if any(op.op in ("RESHAPE", "RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR") for op in summary.ops):
        yield "The compiler leaves some RESHAPE and RESIZE ops of large tensors on the CPU; it publishes no limit."


def _edgetpu_advice(summary: ModelSummary, placement: Placement) -> Iterator[str]:
    run_time = [t for op in summary.ops for t in activations(op)]
    off = {v.index for v in placement.ops if v.verdict == "cpu"}
    at_fault = [op for op in summary.ops if op.index in off]
    if any(math.prod(t.shape[:-3]) > 1 for t in run_time):
        yield "Use --fold strip, the batch 1 strip form: frames lie below one another in H, with a gap of zero rows."
    if any(t.dtype.startswith("float") for t in (*summary.inputs, *summary.outputs)):
        yield "Convert with int8 inputs and outputs: QUANTIZE and DEQUANTIZE at the ends stay on the CPU."
    if any(op.op == "STRIDED_SLICE" and set(op.attributes.get("strides", ())) - {1} for op in at_fault):
        yield "Replace a STRIDED_SLICE with stride 2 by a convolution or pool with stride 2."
    if any(op.op in _UNFUSABLE and op.attributes.get("fused_activation_function", "NONE") != "NONE" for op in at_fault):
        yield "Take the fused activation out of pools and CONCATENATION: write it as its own RELU."
    if summary.count("TRANSPOSE"):
        yield "Leave no TRANSPOSE in the file: bring the clip into its final layout before the model."
    if summary.count("CONV_3D"):
        yield "Lower CONV_3D to CONV_2D with 'edgeconv export'."
    if any(t.bytes > SRAM for t in run_time):
        yield "Use --split backbone,head: a backbone on one frame, a head on the features of all frames."
