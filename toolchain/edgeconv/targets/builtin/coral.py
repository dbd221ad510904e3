"""Google Coral: the Edge TPU with compiler 16."""

from __future__ import annotations

from edgeconv.targets.constraints.edgetpu import EDGETPU
from edgeconv.targets.data.edgetpu import OPS
from edgeconv.targets.notes.edgetpu import edgetpu_notes
from edgeconv.targets.partitions import edgetpu_cut
from edgeconv.targets.target import Target

TARGET = Target(
    name="coral",
    title="Google Coral Edge TPU",
    description=(
        "Predicts what edgetpu_compiler 16 will map. The compiler cuts a model once: the first op it does not map, and "
        "everything after that op, run on the CPU."
    ),
    ops=OPS,
    constraints=EDGETPU,
    consequences={
        "accelerated": "predicted to be mapped to the Edge TPU",
        "cpu": "not mapped; everything after it is not mapped either",
        "unknown": "nobody here has seen the compiler decide this case",
    },
    partition=edgetpu_cut,
    notes=edgetpu_notes,
    versions={"edgetpu_compiler": "16.0", "libedgetpu": "14"},
    sources=(
        "https://coral.ai/docs/edgetpu/models-intro/",
        "https://developer.axis.com/computer-vision/on-device/system-on-chip/artpec-7/supported-ops/",
        "https://github.com/google-coral/edgetpu/issues/663",
    ),
)

TARGETS = (TARGET,)
