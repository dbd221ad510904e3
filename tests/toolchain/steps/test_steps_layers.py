"""One row per value, whichever file has it."""

from __future__ import annotations

from edgeconv.core.drift import Apart, DriftPoint
from edgeconv.layerwise import Layer
from edgeconv.steps.layers import shared_values


def layer(value: str, tensor: str, relative: float) -> Layer:
    return Layer(
        value=value, op="Conv", relative=relative, sqnr_db=100, shape=(2,), physical=(2,), tensor=tensor, lies=""
    )


def test_rows_keep_the_order_of_both_files() -> None:
    first = [layer(v, f"{v}/Conv", 1e-6) for v in "abd"]
    second = [layer(v, f"{v}/CONV_2D", 2e-6) for v in "0bcde"]
    drifted = [DriftPoint(tensor="c/CONV_2D", op="CONV_2D", sqnr_db=31, cosine=1, relative=0.1)]
    rows = shared_values(first, second, drifted)
    assert [r.value for r in rows] == ["0", "a", "b", "c", "d", "e"]
    assert [r.lowered is not None for r in rows] == [False, True, True, False, True, False]
    assert [r.tensor for r in rows] == ["0/CONV_2D", "", "b/CONV_2D", "c/CONV_2D", "d/CONV_2D", "e/CONV_2D"]
    assert rows[3].int8 == Apart(relative=0.1, sqnr_db=31)
    assert rows[4].int8 is None
