from __future__ import annotations

from collections.abc import Iterator

import pytest
from sabotage_cases import NETWORKS, Victim, victim

NIGHTLY = ("eco-lite-3d",)


@pytest.fixture(
    scope="session",
    params=[pytest.param(n, marks=pytest.mark.nightly if n in NIGHTLY else ()) for n in NETWORKS],
)
def spoilable(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Victim]:
    with victim(request.param, tmp_path_factory.mktemp("victim") / "out") as made:
        yield made
