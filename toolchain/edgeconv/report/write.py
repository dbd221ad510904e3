"""report.json, report.md, report.html and report.junit.xml."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from edgeconv.core.report import Report


def write_reports(report: Report, folder: Path) -> tuple[Path, ...]:
    """Write the report as JSON, Markdown, HTML and JUnit XML into `folder`; equal reports give equal bytes.

    The pages are rendered from the report as read back from its JSON: what they show is what the JSON holds.
    """
    from edgeconv.report.html import render_html
    from edgeconv.report.junit import render_junit
    from edgeconv.report.markdown import render_markdown

    text = to_json(report)
    report = Report.model_validate_json(text)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, content in (
        ("report.json", text),
        ("report.md", render_markdown(report)),
        ("report.html", render_html(report)),
        ("report.junit.xml", render_junit(report)),
    ):
        path = folder / name
        path.write_text(content, encoding="utf-8", newline="\n")
        written.append(path)
    return tuple(written)


def to_json(report: Report) -> str:
    """The report as strict JSON: fields in the order of the model, free dictionaries sorted by key.

    JSON has no NaN and no infinity; they are written as strings that pydantic reads back as the same floats.
    """
    return json.dumps(_plain(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name)) for name in type(value).model_fields}
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        return value + 0.0 if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")  # -0.0 equals 0.0
    return value
