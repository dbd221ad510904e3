"""Every computed tensor of a TFLite file, after a clip has gone through it. Runs inside a child."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.runtimes.tflite import computed_tensors, open_interpreter, quantize_input


class TfliteTensors:
    """A file in LiteRT on TFLite's own kernels, with all that it computes for one clip held in memory."""

    def __init__(self, model: Path, threads: int) -> None:
        self._interpreter = open_interpreter("litert", model, threads, delegate=False, keep=True)
        self._places = computed_tensors(self._interpreter)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._places)

    def run(self, clip: Sequence[Array]) -> None:
        """Feed one clip: an array per input, in the order of the file."""
        for detail, array in zip(self._interpreter.get_input_details(), clip, strict=True):
            self._interpreter.set_tensor(detail["index"], quantize_input(array, detail))
        self._interpreter.invoke()

    def value(self, name: str) -> Array:
        """A tensor as the last clip left it; a copy."""
        return np.asarray(self._interpreter.get_tensor(self._places[name]))
