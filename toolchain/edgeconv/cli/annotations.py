"""What GitHub Actions shows beside a commit: failed gates, warnings and failures as workflow commands.

The form is that of
https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#setting-an-error-message
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgeconv.core.report import Report

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}


def annotate_report(report: Report) -> None:
    """Failed gates as errors, what must be in plain sight as warnings."""
    from edgeconv.report import notices

    for gate in report.failed_gates:
        detail = f"\n{gate.detail}" if gate.detail else ""
        annotate("error", gate.name, f"measured {gate.measured}, required {gate.required}{detail}")
    for line in notices(report):
        annotate("warning", f"{report.source.name} for {report.target}", line)


def annotate(level: str, title: str, message: str) -> None:
    """One annotation on stderr, where GitHub Actions runs this; nothing elsewhere."""
    if os.environ.get("GITHUB_ACTIONS") == "true":
        told = f"::{level} title={_escaped(title, _PROPERTY)}::{_escaped(message, _DATA)}\n"
        sys.stderr.write(told)
        sys.stderr.flush()


def _escaped(text: str, table: dict[str, str]) -> str:
    return "".join(table.get(c, c) for c in text)
