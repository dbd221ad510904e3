"""RESIZE_BILINEAR."""

from __future__ import annotations

from edgeconv.core.errors import Refused
from edgeconv.tflite.emitter import Emitter
from edgeconv.tflite.graph import Graph, Op
from edgeconv.tflite.spec import OpSpec, by_type, register


def _version(graph: Graph, op: Op) -> int:
    return 3 if op.options["halfPixelCenters"] else by_type(1, 2)(graph, op)


register(OpSpec("RESIZE_BILINEAR", "ResizeBilinearOptions", _version, shares_scale=True))

COORDINATES = ("asymmetric", "align_corners", "half_pixel")


def resize2d(e: Emitter, tensor: str, shape: tuple[int, ...], coordinates: str) -> str:
    """Linear interpolation of [N, H, W, C] to `shape`."""
    if coordinates not in COORDINATES:
        raise Refused(f"a linear resize with {coordinates!r} coordinates", f"TFLite knows {', '.join(COORDINATES)}")
    return e.emit(
        "RESIZE_BILINEAR",
        [tensor, e.ints(shape[1:3])],
        shape,
        alignCorners=coordinates == "align_corners",
        halfPixelCenters=coordinates == "half_pixel",
    )
