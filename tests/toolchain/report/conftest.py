"""The fake reports of report_cases as fixtures."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from report_cases import build_report

from edgeconv.core.report import Report


@pytest.fixture
def passing() -> Report:
    return build_report()


@pytest.fixture
def failing() -> Report:
    return build_report(failing=True)


@pytest.fixture
def make_report() -> Callable[..., Report]:
    return build_report


HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}' | **b**"


def poison(value: object) -> object:
    """The same structure with every free text replaced."""
    keep = {"status", "role", "verdict", "dtype"}
    if isinstance(value, dict):
        return {k: v if k in keep and isinstance(v, str) else poison(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [poison(v) for v in value]
    return HOSTILE if isinstance(value, str) else value


def hostile_report(report: Report) -> Report:
    data = report.model_dump()
    low = data["lowering"]
    for field in ("ops_before", "ops_after", "rules"):
        low[field] = {HOSTILE: 3, **low[field]}
    low["transposes"] = ["x"]
    data["parity"][0]["clips"][HOSTILE] = data["parity"][0]["mean"]
    data["provenance"]["packages"][HOSTILE] = "1"
    data["source"]["options"][HOSTILE] = "1"
    return Report.model_validate(poison(data))


@pytest.fixture
def hostile(failing: Report) -> Report:
    """Every free text of the report tries to break out."""
    return hostile_report(failing)
