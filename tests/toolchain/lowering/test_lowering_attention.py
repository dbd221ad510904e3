"""Attention as one operator (opset 23), against ONNX Runtime and the definition."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from lowering_cases import Array, Weights, check_both, model, node, reasons

w = Weights(3)


def defined(q: Array, k: Array, v: Array, mask: Array | float = 0.0, scale: float | None = None, cap: float = 0.0,
            ) -> Array:  # fmt: skip
    """[N, heads, L, d] in float64; query heads share the key heads evenly."""
    q, k, v = (x.astype(np.float64) for x in (q, k, v))
    k, v = (np.repeat(x, q.shape[1] // x.shape[1], 1) for x in (k, v))
    scores = q @ k.swapaxes(2, 3) * (scale or q.shape[3] ** -0.5)
    scores = (np.tanh(scores / cap) * cap if cap else scores) + mask
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True) @ v


SHAPES = {"q": (2, 6, 5, 4), "k": (2, 3, 7, 4), "v": (2, 3, 7, 8)}


def case(
    attributes: dict[str, object],
    weights: dict[str, Array] | None = None,
    inputs: dict[str, tuple[int, ...]] | None = None,
) -> tuple[onnx.ModelProto, dict[str, Array]]:
    shapes = {**SHAPES, **(inputs or {})}
    names = [*shapes, *(weights or {})]
    made = model([node("Attention", names, ["y"], **attributes)], shapes, ["y"], weights, opset=23)
    return made, {n: w.clip(*s) for n, s in shapes.items()}


@pytest.mark.parametrize(
    ("attributes", "more"), [({}, {}), ({"scale": 0.3}, {"scale": 0.3}), ({"softcap": 2.0}, {"cap": 2.0})]
)
def test_shared_key_heads_scales_and_caps(attributes: dict[str, object], more: dict[str, float]) -> None:
    made, feeds = case(attributes)
    onnx_form, _ = check_both(made, feeds, {}, [defined(feeds["q"], feeds["k"], feeds["v"], **more)])
    assert onnx_form.ops["MatMul"] == 2
    assert onnx_form.ops["Expand"] == onnx_form.ops["Concat"] == 0


@pytest.mark.parametrize("like", [(5, 7), (6, 5, 7), (2, 1, 5, 7), (2, 6, 5, 7)])
def test_masks_that_are_added(like: tuple[int, ...]) -> None:
    mask = w(*like)
    made, feeds = case({}, {"m": mask})
    check_both(made, feeds, {}, [defined(feeds["q"], feeds["k"], feeds["v"], mask)])
    made, feeds = case({}, None, {"m": like})
    check_both(made, feeds, {}, [defined(feeds["q"], feeds["k"], feeds["v"], feeds["m"])])


def test_causal_and_boolean_masks_are_one_constant() -> None:
    keep = np.ones((5, 7), bool)
    keep[1:, 1] = False
    made, feeds = case({"is_causal": 1}, {"m": keep})
    mask = np.where(keep & np.tri(5, 7, dtype=bool), 0, -np.inf)
    onnx_form, _ = check_both(made, feeds, {}, [defined(feeds["q"], feeds["k"], feeds["v"], mask)])
    assert onnx_form.ops["Add"] == 1


def test_heads_inside_the_features() -> None:
    """[N, L, heads * d], as the tokens lie: one transpose per operand and one for the result."""
    shapes = {"q": (2, 5, 24), "k": (2, 7, 24), "v": (2, 7, 24)}
    how = node("Attention", list(shapes), ["y"], q_num_heads=6, kv_num_heads=6)
    made, feeds = model([how], shapes, ["y"], opset=23), {n: w.clip(*s) for n, s in shapes.items()}
    split = [x.reshape(2, -1, 6, 4).swapaxes(1, 2) for x in feeds.values()]
    want = defined(*split).swapaxes(1, 2).reshape(2, 5, 24)
    for lowered in check_both(made, feeds, {}, [want]):
        assert lowered.moves == 4


def test_refusals() -> None:
    cache, _ = case({}, {"m": w(5, 7), "pk": w(2, 3, 1, 4), "pv": w(2, 3, 1, 8)})
    assert "a cache of past keys" in reasons(cache)[0]
    hidden = np.ones((5, 7), bool)
    hidden[2] = False
    row, _ = case({}, {"m": hidden})
    assert "a mask that hides a whole row" in reasons(row)[0]
