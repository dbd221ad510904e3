"""A layer of the int8 file spoilt in a known way: the drift report names it and says why."""

from __future__ import annotations

from sabotage_cases import Victim

from edgeconv import tflite
from edgeconv.core.drift import culprit, first_drifting


def test_a_layer_whose_scale_is_eight_times_too_large(spoilable: Victim) -> None:
    healthy = {p.tensor: p.excess_db for p in spoilable.drift(spoilable.int8)}
    for op in spoilable.layers(3, seed=1):
        points = spoilable.drift(spoilable.weights_times(op, 8))
        found, first = culprit(points), first_drifting(points)
        assert found is not None
        assert found.tensor == op.outputs[0]
        assert found.excess_db > 12
        assert first is not None
        assert first.tensor == op.outputs[0] or healthy[first.tensor] >= 3
        (cause,) = [c for c in found.causes if c.startswith("scaled")]
        assert 1.5 < float(cause.split()[4]) <= 8
        assert not any(c.startswith("inherited") for c in found.causes)


def test_a_layer_whose_calibrated_range_is_an_eighth(spoilable: Victim) -> None:
    for op in spoilable.layers(3, seed=2):
        found = culprit(spoilable.drift(spoilable.range_over(op.outputs[0], 8)))
        assert found is not None
        assert found.tensor in tflite.same_scale(spoilable.converted.graph, op.outputs[0])
        assert any(c.startswith("saturated") for c in found.causes)


def test_no_layer_in_order_costs_as_much(spoilable: Victim) -> None:
    """Four calibration clips leave some layers of so small networks a little saturated, but no worse."""
    found = culprit(spoilable.drift(spoilable.int8))
    assert found is None or found.excess_db < 9
