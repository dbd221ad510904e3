"""Split: a backbone that sees one frame and a head that sees all of them, as files of their own."""

from __future__ import annotations

from collections.abc import Mapping

from edgeconv import tflite
from edgeconv.core.errors import ModelError
from edgeconv.core.report import Split, SplitPart
from edgeconv.core.summary import ModelSummary, TensorInfo
from edgeconv.steps.model import gate_int8, write_tflite
from edgeconv.steps.state import INT8, Converted, Quantized, Road, SplitFiles, feeds


def split(road: Road, converted: Converted, quantized: Quantized) -> None:
    """Cut the quantized graph where the profile asks for it; parity then runs the parts one after the other.

    Raises:
        ModelError: it must be split, and cannot be.
    """
    wanted = road.profile.split
    if wanted is None:
        return
    backbone, head = (f"{name}_int8.tflite" for name in wanted.names)
    with road.watch.stage("split"):
        try:
            parts = tflite.split(quantized.graph)
        except ModelError as refused:
            if wanted.required:
                raise
            road.warnings.append(f"not split, delivered as a whole only: {'; '.join(refused.reasons)}")
            road.done("split", "delivered as a whole only", refused.reasons)
            return
        graph, tail = parts.head, 0
        if road.profile.fold == "strip":
            stripped = tflite.to_strip(graph, tflite.Rezero(road.profile.gaps))
            graph, tail = stripped.graph, stripped.inputs[tflite.FEATURES].tail
        write_tflite(road, backbone, parts.backbone, "full int8, on one frame")
        write_tflite(road, head, graph, "full int8, on the features of all frames")
        gate_int8(road, backbone, _within(parts.backbone, quantized.wide), output_dtype="int8")
        gate_int8(road, head, _within(parts.head, quantized.wide), input_dtype="int8")
        frames = feeds(converted.trace, road.clips["verification"])
        road.split = SplitFiles(backbone, head, parts.cut, frames, parts.frames, tail)
    told = told_split(road, road.split)
    road.done(
        "split",
        f"{backbone} takes {told.backbone.takes}, {head} what it gave for {parts.frames} frames; cut at '{parts.cut}'",
    )


def _within(part: tflite.Graph, wide: Mapping[str, str]) -> dict[str, str]:
    return {name: precision for name, precision in wide.items() if name in part.tensors}


def told_split(road: Road, made: SplitFiles) -> Split:
    """The whole and its parts side by side, read back from their files."""
    whole, backbone, head = (road.summaries[name] for name in (INT8, made.backbone, made.head))
    return Split(
        cut=made.cut,
        frames=made.frames,
        whole=_part(INT8, whole, f"a clip of {made.frames} frames"),
        backbone=_part(made.backbone, backbone, "one frame"),
        head=_part(made.head, head, f"the features of {made.frames} frames"),
    )


def _part(file: str, summary: ModelSummary, takes: str) -> SplitPart:
    computed = [*summary.inputs, *(t for op in summary.ops for t in op.outputs)]
    return SplitPart(
        file=file,
        takes=f"{takes}, {_words(summary.inputs)}",
        gives=_words(summary.outputs),
        bytes=summary.bytes,
        ops=len(summary.ops),
        macs=summary.macs,
        largest=max(t.bytes for t in computed),
    )


def _words(tensors: tuple[TensorInfo, ...]) -> str:
    return ", ".join(f"{t.dtype} {list(t.shape)}" for t in tensors)
