"""What a spatial operator of the frames graph does along rows and columns, whatever way it was written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from edgeconv.tflite.graph import Op
from edgeconv.tflite.padding import same_pads

if TYPE_CHECKING:
    from edgeconv.tflite.strip.builder import Strip


@dataclass(frozen=True)
class Geometry:
    """Along one axis of a frame."""

    size: int
    out: int
    kernel: int
    stride: int
    dilation: int
    before: int
    after: int
    """Steps behind the frame that its last window reads."""

    @property
    def extent(self) -> int:
        return self.dilation * (self.kernel - 1) + 1

    @property
    def gap(self) -> int:
        """Steps between frames that windows read: one gap serves the end of a frame and the start of the next."""
        return max(self.before, self.after)


@dataclass(frozen=True)
class Spatial:
    source: str
    """What it reads, before the pad in front of it."""
    height: Geometry
    width: Geometry


def geometry(strip: Strip, op: Op) -> Spatial:
    """Kernel, stride and pads; a PAD of rows and columns in front of a VALID operator is its own."""
    source, options = op.inputs[0], op.options
    kernel = (
        (options["filterHeight"], options["filterWidth"])
        if op.kind == "MAX_POOL_2D"
        else strip.shape(op.inputs[1])[1:3]
    )
    pads = [(0, 0), (0, 0)]
    pad = strip.producer(source)
    if options["padding"] == "VALID" and pad is not None and pad.kind == "PAD":
        widths = np.asarray(strip.data(pad.inputs[1]))
        if not widths[[0, 3]].any():
            source, pads = pad.inputs[0], [(int(a), int(b)) for a, b in widths[1:3]]
    axes = []
    for i, letter in enumerate("HW"):
        size, out = strip.shape(source)[1 + i], strip.shape(op.outputs[0])[1 + i]
        stride, dilation = options[f"stride{letter}"], options.get(f"dilation{letter}Factor", 1)
        before, _ = same_pads(size, kernel[i], stride, dilation) if options["padding"] == "SAME" else pads[i]
        after = max(0, (out - 1) * stride + dilation * (kernel[i] - 1) + 1 - size - before)
        axes.append(Geometry(size, out, kernel[i], stride, dilation, before, after))
    return Spatial(source, *axes)
