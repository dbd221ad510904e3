"""Clips and specs that several files share."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from sources_specs import NETWORKS, Spec

from edgeconv.core.layout import Array
from edgeconv.sources import SourceSpec, resolve


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child's side in this process: nothing is built yet, and what it adds to sys.path is taken back."""
    from edgeconv.sources import building

    building._BUILT.clear()
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture(scope="session")
def clips() -> Array:
    """Three clips as the network takes them: [3, 1, 3, 4, 8, 8], bright and dark ones."""
    random = np.random.default_rng(0)
    return (random.normal(size=(3, 1, 3, 4, 8, 8)) * 40 + np.array([60, -20, 5]).reshape(3, 1, 1, 1, 1, 1)).astype(
        np.float32
    )


@pytest.fixture(scope="session")
def spec() -> Spec:
    """spec("tiny", classes="3") is the factory of sources_networks.py with these options."""

    def make(
        factory: str,
        *,
        weights: Path | None = None,
        shape: tuple[int, ...] | None = None,
        layout: str | None = None,
        seed: int = 0,
        file: Path = NETWORKS,
        **options: str,
    ) -> SourceSpec:
        return resolve(
            f"{file}:{factory}", options=options, weights=weights, input_shape=shape, input_layout=layout, seed=seed
        )

    return make
