"""Renderings of the Report: JSON, Markdown and HTML files, and the terminal summary."""

from edgeconv.report.coverage import render_check
from edgeconv.report.evaluation import render_evaluation
from edgeconv.report.markup import escape, table
from edgeconv.report.stages import exact_words, int8_words
from edgeconv.report.terminal import render_terminal
from edgeconv.report.view import notices
from edgeconv.report.write import to_json, write_reports

__all__ = [
    "escape",
    "exact_words",
    "int8_words",
    "notices",
    "render_check",
    "render_evaluation",
    "render_terminal",
    "table",
    "to_json",
    "write_reports",
]
