"""Gates of the delivered ONNX."""

from __future__ import annotations

from edgeconv.core.report import Gate
from edgeconv.core.summary import ModelSummary
from edgeconv.gates.common import at_most, listed, rank_gate, static_gate, transpose_gate
from edgeconv.profiles import OnnxProfile


def gate_onnx(file: str, summary: ModelSummary, profile: OnnxProfile, transposes: int = 0) -> tuple[Gate, ...]:
    """No tensor above the profile's rank, allowed operators only, no more transposes than allowed, static shapes.

    `transposes`: how many lowering had to leave.
    """
    listed_ones = transposes if profile.listed_transposes else 0
    known = {*profile.allowed_ops, "Transpose"} if listed_ones else set(profile.allowed_ops)
    foreign = sorted({o.op for o in summary.ops} - known)
    return (
        rank_gate(file, summary, profile.max_rank),
        transpose_gate(file, summary, "Transpose", profile.max_transposes, listed_ones),
        Gate(
            name=f"{file}: operators",
            passed=not foreign,
            measured=f"{len(summary.ops)} operators of {len(summary.histogram)} kinds",
            required="only the kinds the profile allows",
            detail=f"not allowed: {listed(foreign)}" if foreign else "",
        ),
        static_gate(file, summary),
        Gate(
            name=f"{file}: opset",
            passed=summary.opset == profile.opset,
            measured=str(summary.opset),
            required=str(profile.opset),
        ),
    )


def gate_4d(file: str, summary: ModelSummary, max_rank: int = 4) -> tuple[Gate, ...]:
    """What makes a file 4D: no tensor above the rank, no window over three axes, static shapes."""
    three = [f"'{o.name}'" for o in summary.ops if len(o.attributes.get("kernel_shape", ())) > 2]
    return (
        rank_gate(file, summary, max_rank),
        at_most(f"{file}: operators with a window over 3 axes", len(three), 0, three),
        static_gate(file, summary),
    )
