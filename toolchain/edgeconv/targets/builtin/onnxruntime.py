"""ONNX Runtime on a CPU: the one target that judges .onnx files."""

from __future__ import annotations

from edgeconv.targets.constraints.onnxruntime import ONNXRUNTIME
from edgeconv.targets.data.onnxruntime import RUN
from edgeconv.targets.notes.onnxruntime import onnxruntime_notes
from edgeconv.targets.partitions import uncut
from edgeconv.targets.target import Target

TARGET = Target(
    name="onnxruntime",
    title="ONNX Runtime on a CPU",
    description="The CPU provider of ONNX Runtime 1.32, for .onnx files. It has Conv of 3 dimensions, in int8 as well.",
    ops=RUN,
    constraints=ONNXRUNTIME,
    consequences={
        "accelerated": "the CPU provider was seen to run the op",
        "unsupported": "the runtime does not load the file without a library of custom ops",
        "unknown": "the op, its opset or its type was not run here",
    },
    partition=uncut,
    notes=onnxruntime_notes,
    versions={"onnxruntime": "1.32.0"},
    sources=("https://onnxruntime.ai/docs/reference/operators/",),
    formats=("onnx",),
)

TARGETS = (TARGET,)
