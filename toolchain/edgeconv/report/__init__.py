"""Renderings of the Report: JSON, Markdown and HTML files, and the terminal summary."""

from edgeconv.report.terminal import render_terminal
from edgeconv.report.write import write_reports

__all__ = ["render_terminal", "write_reports"]
