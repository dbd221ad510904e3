"""Pools by a norm, local response normalisation, triangles."""

from __future__ import annotations

import numpy as np
import pytest
from lowering_cases import Weights, check_both, everywhere, model, node, reasons, single

CLIP = {"x": "NCTHW"}
SHAPE = (2, 6, 4, 5, 7)


@pytest.mark.parametrize("p", [1, 2, 3])
@pytest.mark.parametrize("window", [
    {"kernel_shape": [2, 3, 3], "strides": [2, 2, 3]},
    {"kernel_shape": [3, 3, 2], "pads": [1, 1, 0, 1, 0, 1], "strides": [1, 2, 2]},
    {"kernel_shape": [2, 2, 3], "strides": [2, 2, 2], "auto_pad": "SAME_UPPER"},
    {"kernel_shape": [1, 1, 1]},
])  # fmt: skip
def test_lp_pools(p: int, window: dict[str, object]) -> None:
    made, feeds = single("LpPool", SHAPE, p=p, **window)
    for lowered in check_both(made, feeds, CLIP):
        assert lowered.moves == 0


def test_lp_pools_of_planes_and_rows() -> None:
    check_both(*single("LpPool", (2, 3, 5, 7), kernel_shape=[2, 3], p=2))
    check_both(*single("LpPool", (2, 3, 7), kernel_shape=[3], strides=[2], p=1))


def test_lp_pool_rounds_up_where_asked() -> None:
    """The excess holds nothing: zeros, as the pads."""
    made, feeds = single("LpPool", (1, 2, 5, 6), kernel_shape=[2, 3], strides=[2, 2], ceil_mode=1)
    x = np.pad(np.abs(feeds["x"].astype(np.float64)) ** 2, ((0, 0), (0, 0), (0, 1), (0, 1)))
    rows = [[x[:, :, 2 * i : 2 * i + 2, 2 * j : 2 * j + 3].sum((2, 3)) for j in range(3)] for i in range(3)]
    check_both(made, feeds, {}, [np.sqrt(np.array(rows)).transpose(2, 3, 0, 1)])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
def test_lrn(size: int) -> None:
    for shape in (SHAPE, SHAPE[:4], SHAPE[:3]):
        made, feeds = single("LRN", shape, size=size, alpha=0.3, beta=0.6, bias=1.5)
        square = np.pad(
            feeds["x"].astype(np.float64) ** 2, [(0, 0), ((size - 1) // 2, size // 2)] + [(0, 0)] * (len(shape) - 2)
        )
        total = sum(square[:, i : i + 6] for i in range(size))
        want = feeds["x"] / (1.5 + 0.3 / size * total) ** 0.6
        for lowered in check_both(made, feeds, CLIP if len(shape) == 5 else {}, [want]):
            assert lowered.moves == 0 or len(shape) < 5


@pytest.mark.parametrize("upper", [0, 1])
@pytest.mark.parametrize("k", [None, 0, 2, -1])
def test_triangles(upper: int, k: int | None) -> None:
    weights = {} if k is None else {"k": np.array(k)}
    onnx_form, _ = everywhere([node("Trilu", ["x", *weights], ["y"], upper=upper)], {"x": (2, 3, 5, 7)}, weights)
    assert onnx_form.ops == {"Where": 1, "Identity": 1}


def test_a_causal_mask_of_constants_is_folded() -> None:
    """Range, comparison, Where: nothing of it is left but one constant."""
    nodes = [
        node("Range", ["zero", "seven", "one"], ["r"]),
        node("Unsqueeze", ["r", "axis"], ["c"]),
        node("LessOrEqual", ["r", "c"], ["m"]),
        node("Where", ["m", "none", "low"], ["mask"]),
        node("Add", ["x", "mask"], ["y"]),
    ]
    weights = {"zero": np.array(0), "seven": np.array(7), "one": np.array(1), "axis": np.array([1]),
               "none": np.float32(0), "low": np.float32(-50)}  # fmt: skip
    onnx_form, _ = check_both(model(nodes, {"x": (2, 3, 7, 7)}, ["y"], weights), {"x": Weights().clip(2, 3, 7, 7)})
    assert onnx_form.ops == {"Add": 1, "Identity": 1}


def test_refusals() -> None:
    late = model([node("Trilu", ["x", "k"], ["y"])], {"x": (3, 4), "k": ()}, ["y"])
    late.graph.input[1].type.tensor_type.elem_type = 7
    assert "its diagonal is computed at run time" in reasons(late)[0]
    four, _ = single("LpPool", (1, 2, 3, 4, 5, 6), kernel_shape=[2, 2, 2, 2])
    assert "4 spatial axes" in reasons(four)[0]
