"""ONNX's own backend tests of rank 5 and more: lowered = the stored output, or refused by name and reason.

A rule that is added turns a refusal into an output: then its names here go.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
import pytest
from backend_cases import DataSet, data_sets
from lowering_cases import lower_onnx

from edgeconv.core.errors import ModelError

FIVE = "NCd1d2d3_none_no_weight_negative_ii"
MORE = ("NCd1d2d3d4d5_mean_weight", "NCd1d2d3d4d5_none_no_weight")
NO_RULE = {
    "AffineGrid": ["affine_grid_3d", "affine_grid_3d_align_corners"],
    "Col2Im": ["col2im_5d"],
    "GridSample": [
        f"gridsample_volumetric_{mode}_align_corners_{i}" for mode in ("nearest", "bilinear") for i in (0, 1)
    ],
    "NegativeLogLikelihoodLoss": [
        *(f"nllloss_{case}" for case in (FIVE, *MORE)),
        *(f"sce_{case}{log}_expanded" for case in (FIVE, *MORE) for log in ("", "_log_prob")),
    ],
    "SoftmaxCrossEntropyLoss": [f"sce_{case}{log}" for case in (FIVE, *MORE) for log in ("", "_log_prob")],
}
"""Refused: losses belong to training, the others to no video network that we met."""
REFUSED = {f"test_{name}": [f"{op}: there is no rule for it"] for op, names in NO_RULE.items() for name in names}
REFUSED |= {  # a loss takes one of the classes' scores at every place
    f"test_nllloss_{case}_expanded": [f"GatherElements: {count} scattered indices"]
    for case, count in zip((FIVE, *MORE), (540, 6480, 6480), strict=True)
}


def test_the_data_sets_are_all_there() -> None:
    assert Counter(d.kind for d in data_sets() if d.rank == 5) == {"node": 29, "pytorch-converted": 17}
    assert Counter(d.kind for d in data_sets() if d.rank > 5) == {"node": 14, "pytorch-operator": 1}


def refusals(case: DataSet) -> list[str]:
    """Why the case is refused, as 'Operator: reason'; nothing when it is lowered.

    Raises:
        AssertionError: it is lowered, but not to the stored outputs.
    """
    ((name, fed),) = case.feeds.items()
    try:
        lowered = lower_onnx(case.model, case.feeds, {name: "NCTHW"} if fed.ndim == 5 else {})
    except ModelError as error:
        return [re.sub(r" '.*?'( on .*?)?: (.*) \(.*\)$", r": \2", reason) for reason in error.reasons]
    assert lowered.max_rank <= 4
    for got, want in zip(lowered.outputs, case.outputs, strict=True):
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, case.rtol, case.atol, err_msg=case.name)
    return []


@pytest.mark.parametrize(("rank", "lowered"), [("5", 33), ("more", 3)])
def test_lowered_is_the_stored_output(rank: str, lowered: int) -> None:
    cases = [d for d in data_sets() if (d.rank == 5) == (rank == "5")]
    found = {case.name: reasons for case in cases if (reasons := refusals(case))}
    assert found == {case.name: REFUSED[case.name] for case in cases if case.name in REFUSED}
    assert len(cases) - len(found) == lowered
