"""The same kernels on a Raspberry Pi, with what its operating system asks for."""

from __future__ import annotations

from dataclasses import replace

from edgeconv.targets.builtin import tflite
from edgeconv.targets.notes.cpu import raspberry_pi_notes

TARGET = replace(
    tflite.TARGET,
    name="raspberry-pi",
    title="Raspberry Pi",
    description=(
        "A Raspberry Pi with Raspberry Pi OS and the Python wheels of tflite-runtime 2.14 or LiteRT 2.3: the same "
        "rules as 'tflite'."
    ),
    notes=raspberry_pi_notes,
    sources=(
        *tflite.TARGET.sources,
        "https://pypi.org/project/tflite-runtime/",
        "https://pypi.org/project/ai-edge-litert/",
    ),
)

TARGETS = (TARGET,)
