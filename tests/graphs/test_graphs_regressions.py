"""Every graph that failed once, reduced, must hold for good."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
from graphs_judge import Case, judge, judge_case
from graphs_spec import Network
from graphs_store import LARGEST, load, stored


@pytest.mark.parametrize("case", stored(), ids=lambda case: case.name)
def test_it_stays_mended(case: Path) -> None:
    spec, _ = load(case)
    assert judge(spec).findings == []


@pytest.mark.parametrize("case", [c for c in stored() if (c / "model.onnx").exists()], ids=lambda case: case.name)
def test_the_stored_model_stays_mended(case: Path) -> None:
    """As exported on that day, whatever exporters do today."""
    spec, arrays = load(case)
    expected = [arrays[f"y{i}"] for i in range(len(spec.outputs))]
    assert judge_case(Case(spec, (case / "model.onnx").read_bytes(), arrays["clip"], expected)).findings == []


@pytest.mark.parametrize("case", stored(), ids=lambda case: case.name)
def test_the_graph_still_means_the_same(case: Path) -> None:
    """Weights, clip and operators come out of the spec as on the day it was stored."""
    spec, arrays = load(case)
    network = Network(spec)
    np.testing.assert_array_equal(network.feed(), arrays["clip"])
    for i, expected in enumerate(network.expected()):
        np.testing.assert_allclose(expected, arrays[f"y{i}"], rtol=0, atol=1e-6 * np.abs(expected).max())


@pytest.mark.parametrize("case", stored(), ids=lambda case: case.name)
def test_the_case_is_complete(case: Path) -> None:
    meta = json.loads((case / "meta.json").read_text())
    assert meta.keys() == {"stage", "kind", "what", "measured", "tolerance", "clip_seed", "versions"}
    model = case / "model.onnx"
    if model.exists():
        assert model.stat().st_size <= LARGEST
        onnx.checker.check_model(onnx.load(model))
