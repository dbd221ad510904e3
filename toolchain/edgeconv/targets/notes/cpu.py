"""Advice and warnings for CPUs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgeconv.core.report import OpVerdict
from edgeconv.core.summary import ModelSummary, OpInfo
from edgeconv.targets.partitions import count_partitions
from edgeconv.targets.target import Notes, Placement

_PI_FACTS = (
    "The rules were measured on the x86-64 wheels; the aarch64 wheels were not run, the same result there is a guess.",
    "tflite-runtime 2.14 has wheels for Python 3.8 to 3.11, needs numpy < 2, and on a Pi glibc 2.34 or newer: "
    "Raspberry Pi OS Bookworm (2.36, Python 3.11) has it, Bullseye (2.31) has not.",
    "ai-edge-litert 2.3 has wheels for Python 3.10 to 3.14 on 64-bit systems only: a 32-bit Raspberry Pi OS has only "
    "tflite-runtime.",
)


def cpu_notes(summary: ModelSummary, placement: Placement) -> Notes:
    warnings = []
    if _has_int8(summary):
        warnings.append(
            "tflite-runtime 2.14 gives no int8 op to XNNPACK; 'accelerated' holds for LiteRT 2.3, whose results may "
            "differ by a few steps of the last bit."
        )
    return Notes(tuple(_cpu_advice(summary, placement)), (*warnings, *_islands(summary)))


def litert_notes(summary: ModelSummary, placement: Placement) -> Notes:
    return Notes(tuple(_cpu_advice(summary, placement)), _islands(summary))


def runtime14_notes(summary: ModelSummary, placement: Placement) -> Notes:
    if _has_int8(summary):
        advice = ("Run int8 files with LiteRT 2.3 where it can be installed: its XNNPACK takes int8 ops.",)
        return Notes(advice, _islands(summary))
    return Notes(tuple(_cpu_advice(summary, placement)), _islands(summary))


def _has_int8(summary: ModelSummary) -> bool:
    return any(t.dtype == "int8" for t in summary.tensors)


def _islands(summary: ModelSummary) -> tuple[str, ...]:
    count = len(summary.float_islands)
    return (f"{count} float tensors lie behind integer inputs and outputs.",) if count else ()


def raspberry_pi_notes(summary: ModelSummary, placement: Placement) -> Notes:
    notes = cpu_notes(summary, placement)
    return Notes(notes.advice, (*notes.warnings, *_PI_FACTS))


def _off(placement: Placement, *ops: str) -> list[OpVerdict]:
    return [v for v in placement.ops if v.op in ops and v.verdict != "accelerated"]


def _cpu_advice(summary: ModelSummary, placement: Placement) -> Iterator[str]:
    by_index = {op.index: op for op in summary.ops}
    pools = [by_index[v.index] for v in _off(placement, "AVERAGE_POOL_2D")]
    if any(_is_global(op) for op in pools):
        yield "Write the global AVERAGE_POOL_2D as MEAN: exact, and it stays in the XNNPACK partition."
    counted = [op for op in pools if not _is_global(op) and _counts_all(op)]
    if counted:
        yield (
            "Write AVERAGE_POOL_2D without padding, or with counted padding, as DEPTHWISE_CONV_2D with weights 1/k²: "
            f"exact{_saving(summary, placement, counted)} (ECO-Lite 4D: 6 partitions to 1, 89 ms to 54 ms)."
        )
    if any(not _is_global(op) and not _counts_all(op) for op in pools):
        yield (
            "Write an AVERAGE_POOL_2D that leaves its SAME padding out of the average as the DEPTHWISE_CONV_2D that "
            "counts it, times a constant map of k² over the number of values in each window: exact, one partition."
        )
    strided = [by_index[v.index] for v in _off(placement, "STRIDED_SLICE")]
    if any(set(op.attributes.get("strides", ())) - {1} for op in strided):
        yield (
            "Replace a STRIDED_SLICE with stride 2 by a view and a unit slice: x[::2] is RESHAPE to [T/2, 2, H·W, C], "
            "slice [:, 0:1], RESHAPE back; XNNPACK takes all three."
        )
    if _off(placement, "SOFTMAX"):
        yield "Leave SOFTMAX out of the int8 file: the order of the classes stays the same without it."
    if _off(placement, "RELU", "RELU6", "RELU_N1_TO_1"):
        yield "Fuse a lone RELU into the op before it: alone it is not delegated in int8 and cuts the partition."
    if summary.count("CONV_3D"):
        yield "Lower CONV_3D to CONV_2D with 'edgeconv export': TFLite has it in float32 only and XNNPACK not at all."
    if any(-1 in t.shape for t in summary.tensors):
        yield "Export with fixed sizes, the batch included."
    if summary.macs and all(t.dtype != "int8" for t in summary.tensors):
        yield "Quantize to int8: an integer file is a quarter of the size and is what this target is measured for."


def _saving(summary: ModelSummary, placement: Placement, ops: Sequence[OpInfo]) -> str:
    """', and it saves 5 partitions': what is counted when the delegate takes these ops as well."""
    if placement.partitions is None:
        return ""
    wanted = {op.index for op in ops}
    taken = tuple(v.verdict == "accelerated" or v.index in wanted for v in placement.ops)
    saved = placement.partitions - count_partitions(summary, taken)
    return f", and it saves {saved} partition{'' if saved == 1 else 's'}" if saved > 0 else ""


def _is_global(op: OpInfo) -> bool:
    data = _data_shapes(op)[0]
    return len(data) == 4 and data[1:3] == (op.attributes.get("filter_height"), op.attributes.get("filter_width"))


def _counts_all(op: OpInfo) -> bool:
    """Every window lies wholly inside the input, so the average divides by k² everywhere."""
    data, out = _data_shapes(op)
    if op.attributes.get("padding") == "VALID" or len(data) != 4 or len(out) != 4:
        return True
    sides = zip(data[1:3], out[1:3], ("height", "width"), ("h", "w"), strict=True)
    return all(
        (o - 1) * op.attributes.get(f"stride_{s}", 1) + op.attributes.get(f"filter_{f}", 1) <= d for d, o, f, s in sides
    )


def _data_shapes(op: OpInfo) -> tuple[tuple[int, ...], tuple[int, ...]]:
    first, last = next(iter(op.inputs), None), next(iter(op.outputs), None)
    return first.shape if first else (), last.shape if last else ()
