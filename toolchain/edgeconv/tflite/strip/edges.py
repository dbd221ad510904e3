"""Frames with their own edge repeated around them: what pads a maximum over values that may be negative."""

from __future__ import annotations

from dataclasses import replace

from edgeconv.tflite.strip.builder import Strip
from edgeconv.tflite.strip.forms import Form
from edgeconv.tflite.strip.window import Geometry

_AT_ONCE = 5
"""XNNPACK (LiteRT 2.3) takes a CONCATENATION of at most five tensors."""


def with_edges(strip: Strip, name: str, height: Geometry, width: Geometry) -> tuple[Form, Geometry, Geometry]:
    """[F, H, W, C] with repeated rows and columns, as [1, F·P, W', C], P a multiple of the stride; what is left of
    the geometry needs no pad that a window of a result reads.
    """
    frames, rows, columns, channels = strip.shape(name)
    after = height.after + -(rows + height.before + height.after) % height.stride
    tensor = strip.view(strip.plain(name).tensor, (1, frames, rows * columns, channels))
    tensor = _repeated(strip, tensor, columns, height.before, after, name)
    rows += height.before + after
    tensor = strip.view(tensor, (1, frames * rows, columns, channels))
    tensor = _repeated(strip, tensor, 1, width.before, width.after, name)
    columns += width.before + width.after
    return (
        Form(tensor, frames),
        replace(height, size=rows, before=0, after=0),
        replace(width, size=columns, before=0, after=0),
    )


def _repeated(strip: Strip, tensor: str, step: int, before: int, after: int, name: str) -> str:
    """The first and the last `step` elements of axis 2 again and again."""
    _, outer, size, channels = strip.graph.shape(tensor)

    def piece(at: int) -> str:
        return strip.slice(tensor, (0, 0, at, 0), (1, outer, step, channels), f"{name}/edge", name)

    parts = [piece(0)] * before + [tensor] + ([piece(size - step)] * after if after else [])
    return joined(strip, parts, 2, name)


def joined(strip: Strip, parts: list[str], axis: int, name: str) -> str:
    """The tensors, of the type and scale of `name`, one behind the other."""
    parts = list(parts)
    while len(parts) > 1:
        few = parts[:_AT_ONCE]
        shape = list(strip.graph.shape(few[0]))
        shape[axis] = sum(strip.graph.shape(part)[axis] for part in few)
        parts[:_AT_ONCE] = [strip.emit("CONCATENATION", few, shape, f"{name}/joined", name, axis=axis)]
    return parts[0]
