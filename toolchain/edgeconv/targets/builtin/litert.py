"""LiteRT 2.3 alone."""

from __future__ import annotations

from dataclasses import replace

from edgeconv.targets.builtin import tflite
from edgeconv.targets.constraints.kernels.conv3d_float import conv3d_float
from edgeconv.targets.constraints.kernels.conv_bias import conv_bias
from edgeconv.targets.constraints.kernels.pad_rank import pad_rank
from edgeconv.targets.constraints.kernels.static_shapes import static_shapes
from edgeconv.targets.constraints.kernels.transpose_rank import transpose_rank
from edgeconv.targets.constraints.litert import LITERT
from edgeconv.targets.constraints.xnnpack import XNNPACK
from edgeconv.targets.notes.cpu import litert_notes

_ALSO_IN_LITERT = (
    pad_rank,
    transpose_rank,
    conv3d_float,
    static_shapes,
    conv_bias,
)

TARGET = replace(
    tflite.TARGET,
    name="litert",
    title="LiteRT 2.3",
    description=(
        "Judges for ai-edge-litert 2.3 alone: newer op versions than tflite-runtime 2.14, and XNNPACK in int8. "
        "'tflite' asks that a file runs on both."
    ),
    constraints=(*LITERT, *_ALSO_IN_LITERT, *XNNPACK),
    consequences={**tflite.TARGET.consequences, "unsupported": "the file does not load or run on LiteRT 2.3"},
    notes=litert_notes,
    versions={"ai-edge-litert": "2.3.0"},
)

TARGETS = (TARGET,)
