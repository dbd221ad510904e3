"""report.html: one self-contained page."""

from __future__ import annotations

import base64
import hashlib

from edgeconv.core.report import Report
from edgeconv.report import compilation, matrix, recipe, split, view
from edgeconv.report.drift import drift_plot
from edgeconv.report.page import page_environment
from edgeconv.report.stages import int8_words, stage_plot, stage_words

LONG_TABLE = 24
"""From this many rows on, a table is folded into <details>."""


def render_html(report: Report) -> str:
    """The page as text. It loads nothing; every value from the report is escaped."""
    env = page_environment()
    env.filters["words"] = view.histogram_words
    script = env.get_template("report.js").render()
    return env.get_template("report.html.j2").render(
        report=report,
        view=view,
        compilation=compilation,
        split=split,
        recipe=recipe,
        matrix=matrix,
        notices=view.notices(report),
        coverage=[view.coverage_view(c) for c in report.coverage],
        changes=view.op_changes(report),
        plot=drift_plot(report.drift),
        stages=stage_plot(report.layers),
        stage_words=stage_words(report.layers),
        int8_words=int8_words(report.drift),
        long=LONG_TABLE,
        script=script,
        # The page's own script may run; one that a hostile name smuggled in may not.
        script_sha256=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
