"""tflite-runtime 2.14 alone: what Raspberry Pi OS Bookworm runs."""

from __future__ import annotations

from edgeconv.targets.builtin import tflite
from edgeconv.targets.constraints.kernels import KERNELS
from edgeconv.targets.constraints.kernels.conv_bias import conv_bias
from edgeconv.targets.constraints.runtime14 import RUNTIME_14
from edgeconv.targets.constraints.xnnpack.fused_activation import fused_activation
from edgeconv.targets.constraints.xnnpack.no_shrunk_axis import no_shrunk_axis
from edgeconv.targets.constraints.xnnpack.rank import rank
from edgeconv.targets.constraints.xnnpack.unit_strides import unit_strides
from edgeconv.targets.data.xnnpack import TAKEN_2_14
from edgeconv.targets.notes.cpu import runtime14_notes
from edgeconv.targets.partitions import delegate_partitions
from edgeconv.targets.target import Target

_OF_THE_DELEGATE = (rank, unit_strides, no_shrunk_axis, fused_activation)

TARGET = Target(
    name="tflite-runtime",
    title="tflite-runtime 2.14",
    description=(
        "Judges for tflite-runtime 2.14 alone. Accelerated are the float ops that its XNNPACK delegate takes; int8 "
        "runs on the builtin kernels."
    ),
    ops=TAKEN_2_14,
    constraints=(*(c for c in KERNELS if c is not conv_bias), *RUNTIME_14, *_OF_THE_DELEGATE),
    consequences={
        "accelerated": "XNNPACK of tflite-runtime 2.14 takes the op",
        "cpu": "the builtin kernel runs it",
        "unsupported": "the file does not load or run on tflite-runtime 2.14",
        "unknown": "this case was not measured",
    },
    partition=delegate_partitions,
    notes=runtime14_notes,
    versions={"tflite-runtime": "2.14.0"},
    sources=tflite.TARGET.sources,
)

TARGETS = (TARGET,)
