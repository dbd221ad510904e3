"""RESHAPE: nothing at all, until somebody needs the shape."""

from __future__ import annotations

from edgeconv.tflite.graph import Op
from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.registry import rule


@rule("RESHAPE")
def reshape(strip: Strip, op: Op) -> None:
    """Before: a view. After: no operator; whoever reads it takes the view it needs of the tensor behind it."""
    strip.same(op.outputs[0], op.inputs[0])
