"""Station: what differs between two exports, and whether it is a loss."""

from __future__ import annotations

from edgeconv.changes import areas as areas  # importing it registers them
from edgeconv.changes.change import AREAS, Change, Limits, Meaning
from edgeconv.core.report import Report

__all__ = ["Change", "Limits", "Meaning", "compare_reports"]


def compare_reports(before: Report, after: Report, limits: Limits | None = None) -> tuple[Change, ...]:
    """Every change, aspect by aspect; what both have alike is left out."""
    return tuple(change for look in AREAS for change in look(before, after, limits or Limits()))
