"""ONNX's own backend tests of rank 5 and more: lowered = the stored output, or refused by name and reason.

A rule that is added turns a refusal into an output: then its line here goes.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from backend_cases import DataSet, data_sets
from lowering_cases import lower_onnx

from edgeconv.core.errors import ModelError

REFUSED: dict[str, str] = {}
"""Name of the case -> a part of each reason."""


def test_the_data_sets_are_all_there() -> None:
    assert Counter(d.kind for d in data_sets() if d.rank == 5) == {"node": 29, "pytorch-converted": 17}
    assert Counter(d.kind for d in data_sets() if d.rank > 5) == {"node": 14, "pytorch-operator": 1}


def lowered_as_stored(case: DataSet) -> str:
    """'' or the reasons of the refusal."""
    ((name, fed),) = case.feeds.items()
    try:
        lowered = lower_onnx(case.model, case.feeds, {name: "NCTHW"} if fed.ndim == 5 else {})
    except ModelError as error:
        return "; ".join(error.reasons)
    assert lowered.max_rank <= 4
    for got, want in zip(lowered.outputs, case.outputs, strict=True):
        assert got.dtype == want.dtype
        np.testing.assert_allclose(got, want, case.rtol, case.atol, err_msg=case.name)
    return ""


@pytest.mark.parametrize("rank", ["5", "more"])
def test_lowered_is_the_stored_output(rank: str) -> None:
    cases = [d for d in data_sets() if (d.rank == 5) == (rank == "5")]
    found = {case.name: lowered_as_stored(case) for case in cases}
    refused = {name: reasons for name, reasons in found.items() if reasons}
    print(refused)
    assert set(refused) == {c.name for c in cases} & set(REFUSED)
    assert all(REFUSED[name] in reasons for name, reasons in refused.items())
