"""TFLite on a CPU: builtin kernels, and XNNPACK where it takes an op."""

from __future__ import annotations

from edgeconv.targets.constraints.kernels import KERNELS
from edgeconv.targets.constraints.xnnpack import XNNPACK
from edgeconv.targets.data.xnnpack import TAKEN
from edgeconv.targets.notes.cpu import cpu_notes
from edgeconv.targets.partitions import delegate_partitions
from edgeconv.targets.target import Target

TARGET = Target(
    name="tflite",
    title="TFLite on a CPU",
    description=(
        "Runs on tflite-runtime 2.14 and LiteRT 2.3. Accelerated are the ops that the XNNPACK delegate of LiteRT "
        "takes; the others run on the builtin kernels, and each of them may cut the graph into more partitions."
    ),
    ops=frozenset().union(*TAKEN.values()),
    constraints=(*KERNELS, *XNNPACK),
    consequences={
        "accelerated": "XNNPACK of LiteRT 2.3 takes the op",
        "cpu": "the builtin kernel runs it, slower, and cuts the delegated part",
        "unsupported": "the file does not load or run on tflite-runtime 2.14 or LiteRT 2.3",
        "unknown": "this case was not measured",
    },
    partition=delegate_partitions,
    notes=cpu_notes,
    versions={"tflite-runtime": "2.14.0", "ai-edge-litert": "2.3.0"},
    sources=(
        "measured on the x86-64 wheels of both runtimes (Python 3.11)",
        "https://github.com/tensorflow/tensorflow/blob/master/tensorflow/lite/delegates/xnnpack/README.md",
    ),
)

TARGETS = (TARGET,)
