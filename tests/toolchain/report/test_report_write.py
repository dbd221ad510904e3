"""write_reports: four files, the same bytes for equal reports, JSON that reads back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from edgeconv.core.report import Report
from edgeconv.report import write_reports
from edgeconv.report.write import to_json


def test_writes_four_files_and_names_them(passing: Report, tmp_path: Path) -> None:
    written = write_reports(passing, tmp_path / "new" / "folder")
    assert [p.name for p in written] == ["report.json", "report.md", "report.html", "report.junit.xml"]
    assert all(p.stat().st_size > 500 and b"\r" not in p.read_bytes() for p in written)


def test_same_bytes_twice(failing: Report, tmp_path: Path) -> None:
    first = [p.read_bytes() for p in write_reports(failing, tmp_path / "a")]
    assert [p.read_bytes() for p in write_reports(failing, tmp_path / "b")] == first


def test_equal_reports_with_differently_ordered_dictionaries_give_the_same_bytes(
    passing: Report, make_report: Callable[..., Report], tmp_path: Path
) -> None:
    low, pairs = passing.lowering, passing.parity
    turned = make_report(
        source=passing.source.model_copy(update={"options": dict(reversed(passing.source.options.items()))}),
        lowering=low.model_copy(
            update={k: dict(reversed(getattr(low, k).items())) for k in ("ops_before", "ops_after", "rules")}
        ),
        parity=tuple(p.model_copy(update={"clips": dict(reversed(p.clips.items()))}) for p in pairs),
    )
    assert turned == passing
    assert [p.read_bytes() for p in write_reports(turned, tmp_path / "a")] == [
        p.read_bytes() for p in write_reports(passing, tmp_path / "b")
    ]


def test_json_reads_back_as_the_same_report(passing: Report) -> None:
    assert Report.model_validate_json(to_json(passing)) == passing


def test_json_is_strict_where_metrics_are_not_a_number(failing: Report) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is not JSON")

    text = to_json(failing)
    assert json.loads(text, parse_constant=refuse)["parity"][3]["mean"]["cosine"] == "NaN"
    assert to_json(Report.model_validate_json(text)) == text


def test_json_keeps_the_order_of_the_model(passing: Report) -> None:
    assert list(json.loads(to_json(passing))) == list(Report.model_fields)


def test_import_is_cheap() -> None:
    code = "import sys, edgeconv.report; print([m for m in ('rich', 'jinja2', 'torch', 'numpy') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
