"""A temporal kernel reversed in the 4D files: both are blamed at that layer and at no other."""

from __future__ import annotations

from sabotage_cases import Victim

from edgeconv.core.drift import ExactStage
from edgeconv.steps.layers import compare_stages


def test_files_in_order_are_not_accused(spoilable: Victim) -> None:
    drifted = spoilable.drift(spoilable.int8)
    found, _ = compare_stages(spoilable.road, spoilable.traced, spoilable.converted, drifted)
    assert [s.culprits for s in found.stages] == [(), ()]
    assert [s.inherited for s in found.stages] == [0, 0]
    assert all(0 < s.worst < s.tolerance for s in found.stages)
    complete = [v for v in found.values if v.lowered and v.tflite and v.int8]
    assert len(complete) >= 8
    assert all(v.lowered.sqnr_db > 100 and v.tflite.sqnr_db > 95 for v in complete if v.lowered and v.tflite)
    assert found.values[-1].value == spoilable.traced.outputs[0].name
    assert found.values[-1].int8 is not None
    assert found.values[-1].int8.sqnr_db == drifted[-1].sqnr_db


def test_a_temporal_kernel_the_other_way_round(spoilable: Victim) -> None:
    for conv in spoilable.temporal(2, seed=3):
        with spoilable.reversed_in_time(conv) as (traced, converted):
            found, _ = compare_stages(spoilable.road, traced, converted, ())
            told = {v.value for v in found.values if v.lowered}, {v.value for v in found.values if v.tflite}
            for stage, names in zip(found.stages, told, strict=True):
                assert _blamed(stage) == [spoilable.first_told(conv, names)]
                assert "Conv" in stage.culprits[0].op
                assert stage.culprits[0].alone is not None
                assert stage.culprits[0].alone > 100 * stage.tolerance
                assert stage.inherited > 0


def _blamed(stage: ExactStage) -> list[str]:
    return [c.value for c in stage.culprits]
