"""Advice and warnings for ONNX Runtime."""

from __future__ import annotations

from edgeconv.core.summary import ModelSummary
from edgeconv.targets.target import Notes, Placement


def onnxruntime_notes(summary: ModelSummary, placement: Placement) -> Notes:
    advice = []
    if any(-1 in t.shape for t in summary.tensors):
        advice.append("Export with fixed sizes, the batch included.")
    if any(v.verdict == "unsupported" for v in placement.ops):
        advice.append("Export without custom operators, or load the library that holds them.")
    return Notes(tuple(advice))
