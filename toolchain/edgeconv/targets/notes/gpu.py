"""Advice and warnings for the GPU delegate."""

from __future__ import annotations

from edgeconv.core.summary import ModelSummary
from edgeconv.targets.target import Notes, Placement


def gpu_notes(summary: ModelSummary, placement: Placement) -> Notes:
    advice = []
    if any(op.op == "CONV_3D" for op in placement.ops):
        advice.append("Lower CONV_3D to CONV_2D with 'edgeconv export'.")
    if any(len(t.shape) > 4 for t in summary.tensors):
        advice.append("Lower the network to 4 dimensions with 'edgeconv export'.")
    return Notes(tuple(advice), ("Judged by documents only: run it on the device before you rely on it.",))
