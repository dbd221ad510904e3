"""What the ONNX operator Resize does along one axis, as a matrix: all its modes are linear and separable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array

ROUNDING: Mapping[str, Callable[[Array], Array]] = {
    "round_prefer_floor": lambda at: np.ceil(at - 0.5),
    "round_prefer_ceil": lambda at: np.floor(at + 0.5 + 1e-6),
    "floor": np.floor,
    "ceil": np.ceil,
}
"""nearest_mode: which of the neighbours a position between two takes. (A tie that float32 missed is a tie.)"""


@dataclass(frozen=True)
class Interpolation:
    """The attributes of Resize; names and meaning are those of the ONNX operator (opset 19)."""

    mode: str = "nearest"
    coordinates: str = "half_pixel"
    rounding: str = "round_prefer_floor"
    cubic_a: float = -0.75
    exclude_outside: bool = False
    antialias: bool = False

    def positions(self, before: int, after: int, scale: float, kind: type[np.floating[Any]] = np.float64) -> Array:
        """Where every output lies on an axis of `before` inputs."""
        at, factor, half = np.arange(after, dtype=kind), kind(scale), kind(0.5)
        if self.coordinates == "asymmetric":
            return np.asarray(at / factor)
        if self.coordinates == "align_corners":
            return np.asarray(at * kind(before - 1) / kind(max(1, after - 1)))
        if self.coordinates == "pytorch_half_pixel" and after == 1:
            return np.zeros_like(at)
        if self.coordinates in ("half_pixel", "pytorch_half_pixel"):
            return np.asarray((at + half) / factor - half)
        if self.coordinates == "half_pixel_symmetric":
            whole = factor * kind(before)
            return np.asarray(kind(before / 2) * (kind(1) - kind(after) / whole) + (at + half) / factor - half)
        if self.coordinates == "tf_half_pixel_for_nn":
            return np.asarray((at + half) / factor)
        raise Refused(f"coordinate mode {self.coordinates!r}", "crop with Slice, then resize with half_pixel")

    def picks(self, before: int, after: int, scale: float) -> list[int]:
        """The input each output takes in mode nearest.

        Positions are in float32, as runtimes compute them: near a tie the neighbour hangs on the last bit.
        """
        if self.rounding not in ROUNDING:
            raise Refused(f"nearest_mode {self.rounding!r}", f"use one of {', '.join(ROUNDING)}")
        at = self.positions(before, after, scale, np.float32).astype(np.float64)
        picked: list[int] = ROUNDING[self.rounding](at).astype(int).clip(0, before - 1).tolist()
        return picked

    def matrix(self, before: int, after: int, scale: float) -> Array:
        """[after, before] float64, rows sum to 1: the weight of every input in every output, mode linear or cubic."""
        at = self.positions(before, after, scale)
        if self.mode not in ("linear", "cubic"):
            raise Refused(f"mode {self.mode!r}", "use nearest, linear or cubic")
        shrink = min(scale, 1.0) if self.antialias else 1.0
        kernel, reach = (_triangle, 1) if self.mode == "linear" else (self._cubic, 2)
        left = np.floor(at)
        wide = int(np.ceil(reach / shrink))
        offsets = np.arange(1 - wide, wide + 1)
        inputs = left[:, None].astype(int) + offsets
        weights = kernel((inputs - at[:, None]) * shrink)
        if self.exclude_outside:
            weights = np.where((inputs < 0) | (inputs >= before), 0.0, weights)
        weights = weights / weights.sum(1, keepdims=True)
        made = np.zeros((after, before))
        np.add.at(made, (np.arange(after)[:, None], inputs.clip(0, before - 1)), weights)
        return made

    def _cubic(self, distance: Array) -> Array:
        """Keys' kernel, R. G. Keys, Cubic convolution interpolation for digital image processing (1981)."""
        a, d = self.cubic_a, np.abs(distance)
        near = ((a + 2) * d - (a + 3)) * d * d + 1
        far = ((a * d - 5 * a) * d + 8 * a) * d - 4 * a
        return np.where(d <= 1, near, np.where(d < 2, far, 0.0))


def _triangle(distance: Array) -> Array:
    return np.clip(1 - np.abs(distance), 0, 1)


def of_attributes(attributes: Mapping[str, Any], early: bool) -> Interpolation:
    """`early`: before opset 11 positions were at / scale, rounded down."""
    get = attributes.get
    return Interpolation(
        str(get("mode") or "nearest"),
        "asymmetric" if early else str(get("coordinate_transformation_mode") or "half_pixel"),
        "floor" if early else str(get("nearest_mode") or "round_prefer_floor"),
        float(get("cubic_coeff_a", -0.75)),
        bool(get("exclude_outside")),
        bool(get("antialias")),
    )
