"""TFLite's GPU delegate, from its documents."""

from __future__ import annotations

from edgeconv.targets.constraints.gpu import GPU
from edgeconv.targets.data.gpu import DOCUMENTED
from edgeconv.targets.notes.gpu import gpu_notes
from edgeconv.targets.partitions import documents_only
from edgeconv.targets.target import Target

TARGET = Target(
    name="tflite-gpu",
    title="TFLite GPU delegate (documents only)",
    description="Written from documents only: no GPU was run, no partition is counted, no limit of a driver known.",
    ops=DOCUMENTED,
    constraints=GPU,
    consequences={
        "accelerated": "the delegate's page lists the op",
        "cpu": "the documents rule it out; the builtin kernel runs it",
        "unknown": "the documents do not say",
    },
    partition=documents_only,
    notes=gpu_notes,
    versions={"GPU delegate": "of TensorFlow Lite, as documented"},
    sources=(
        "https://www.tensorflow.org/lite/performance/gpu",
        "https://github.com/google-ai-edge/LiteRT/issues/2573",
    ),
)

TARGETS = (TARGET,)
