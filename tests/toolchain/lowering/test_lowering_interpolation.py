"""The matrices of Resize against ONNX Runtime, for every mode, coordinate mode and rounding."""

from __future__ import annotations

import itertools
import time

import numpy as np
import pytest
from lowering_cases import Array, model, node, run_onnx

from edgeconv.core.errors import Refused
from edgeconv.lowering.interpolation import ROUNDING, of_attributes

COORDINATES = ["half_pixel", "pytorch_half_pixel", "align_corners", "asymmetric", "half_pixel_symmetric"]
GEOMETRIES = [(2, 1), (2, 7), (3, 6), (5, 1), (7, 10), (7, 3), (8, 4), (8, 6), (10, 21)]
NEAREST = [{"mode": "nearest", "nearest_mode": rounding} for rounding in ROUNDING]
SMOOTH = [
    {"mode": "linear"},
    {"mode": "linear", "antialias": 1},
    {"mode": "linear", "antialias": 1, "exclude_outside": 1},
    {"mode": "cubic"},
    {"mode": "cubic", "cubic_coeff_a": -0.5},
    {"mode": "cubic", "exclude_outside": 1},
    {"mode": "cubic", "antialias": 1},
]


def by_runtime(before: int, weights: dict[str, Array], **attributes: object) -> Array:
    """What ONNX Runtime does to every unit vector of an axis."""
    names = ["x", "", *(["", "s"] if weights["s"].dtype == np.int64 else ["s"])]
    made = model([node("Resize", names, ["y"], **attributes)], {"x": (1, 1, before, before)}, ["y"], weights, opset=19)
    (y,) = run_onnx(made, {"x": np.eye(before, dtype=np.float32)[None, None]})
    return y[0, 0]


@pytest.mark.parametrize("coordinates", COORDINATES)
def test_to_a_size(coordinates: str) -> None:
    for (before, after), mode in itertools.product(GEOMETRIES, NEAREST + SMOOTH):
        given = {**mode, "coordinate_transformation_mode": coordinates}
        how = of_attributes(given, early=False)
        want = by_runtime(before, {"s": np.array([1, 1, after, before])}, **given)
        if how.mode == "nearest":
            assert how.picks(before, after, after / before) == want.argmax(1).tolist(), (before, after, given)
        else:
            got = how.matrix(before, after, after / before)
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5, err_msg=f"{before} {after} {given}")


@pytest.mark.parametrize("coordinates", COORDINATES)
@pytest.mark.parametrize("scale", [0.5, 0.7, 1.7, 2.0, 3.0])
def test_by_a_scale_that_may_not_reach_a_whole_size(scale: float, coordinates: str) -> None:
    for before, mode in itertools.product((3, 7, 8), [*NEAREST[:1], *NEAREST[2:], *SMOOTH]):
        given = {**mode, "coordinate_transformation_mode": coordinates}
        how = of_attributes(given, early=False)
        want = by_runtime(before, {"s": np.array([1, 1, scale, 1], np.float32)}, **given)
        after = int(np.floor(before * scale))
        if how.mode == "nearest" and coordinates == "half_pixel_symmetric":
            continue  # scales without an exact float32 form put ties there that runtimes break at random
        if how.mode == "nearest":
            assert how.picks(before, after, scale) == want.argmax(1).tolist(), (before, given)
        else:
            got = how.matrix(before, after, scale)
            np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5, err_msg=f"{before} {given}")


def test_every_row_sums_to_one() -> None:
    for mode in SMOOTH:
        rows = of_attributes(mode, early=False).matrix(7, 10, 10 / 7)
        np.testing.assert_allclose(rows.sum(1), 1)


def test_a_big_axis_takes_no_time() -> None:
    started = time.perf_counter()
    of_attributes({"mode": "cubic", "antialias": 1}, early=False).matrix(112, 224, 2.0)
    of_attributes({}, early=False).picks(112, 224, 2.0)
    assert time.perf_counter() - started < 0.5  # about a millisecond; the reference evaluator takes seconds


def test_refusals() -> None:
    with pytest.raises(Refused, match="coordinate mode 'tf_crop_and_resize'"):
        of_attributes({"coordinate_transformation_mode": "tf_crop_and_resize"}, early=False).picks(3, 4, 1.5)
    with pytest.raises(Refused, match="nearest_mode 'simple'"):
        of_attributes({"nearest_mode": "simple"}, early=False).picks(3, 4, 1.5)
    with pytest.raises(Refused, match="mode 'area'"):
        of_attributes({"mode": "area"}, early=False).matrix(3, 4, 1.5)
