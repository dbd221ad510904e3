"""Geometry of the drift plot at its edges."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest

from edgeconv.core.drift import DriftPoint
from edgeconv.core.report import Report
from edgeconv.report.drift import BADGE_GAP, BOTTOM, LEFT, RIGHT, TOP, DriftPlot, drift_plot, worst
from edgeconv.report.html import render_html
from edgeconv.report.markdown import render_markdown
from edgeconv.report.view import costliest, drift_start


def points(values: Sequence[float]) -> tuple[DriftPoint, ...]:
    return tuple(DriftPoint(tensor=f"t{i}", op="ADD", sqnr_db=v, cosine=0.9) for i, v in enumerate(values))


def plot_of(values: Sequence[float]) -> DriftPlot:
    plot = drift_plot(points(values))
    assert plot is not None
    for dot in plot.dots:
        assert LEFT <= dot.x <= RIGHT
        assert TOP <= dot.y <= BOTTOM
    return plot


def test_nothing_to_draw() -> None:
    assert drift_plot(()) is None
    assert drift_plot(points([math.nan, math.nan])) is None


def test_one_point_stands_in_the_middle() -> None:
    plot = plot_of([31.0])
    assert plot.dots[0].x == (LEFT + RIGHT) / 2
    assert [b.rank for b in plot.badges] == [1]
    assert [t.label for t in plot.x_ticks] == ["1"]


@pytest.mark.parametrize("total", [2, 7, 120, 200, 431])
def test_many_points_keep_their_order_and_few_ticks(total: int) -> None:
    plot = plot_of([20 + (i * 7) % 23 for i in range(total)])
    xs = [d.x for d in plot.dots]
    assert xs == sorted(xs)
    assert (xs[0], xs[-1]) == (LEFT, RIGHT)
    assert len(plot.x_ticks) <= 13
    assert plot.path.count("M") == 1
    assert plot.path.count("L") == total - 1


def test_no_difference_is_drawn_above_the_axis_and_does_not_stretch_it() -> None:
    plot = plot_of([300, 40, 300, 30, 35])
    assert plot.identical == 2
    assert plot.y_ticks[-1].label == "40"
    same = [d for d in plot.dots if d.kind == "identical"]
    assert all(d.y < plot.top for d in same)
    assert plot.path.startswith("M")
    assert [b.dot.point.tensor for b in plot.badges] == ["t3", "t4", "t1"]


def test_values_without_a_number_are_left_out_and_counted() -> None:
    plot = plot_of([30, math.nan, 40, -math.inf])
    assert plot.unmeasured == 1
    assert [d.number for d in plot.dots] == [1, 3, 4]
    assert plot.path.count("M") == 2
    assert plot.dots[-1].y == BOTTOM
    assert plot.badges[0].dot.number == 4


def test_negative_values_extend_the_axis_downwards() -> None:
    plot = plot_of([-4, 12])
    assert plot.y_ticks[0].label == "−10"
    assert plot.y_ticks[0].at == BOTTOM


def test_worst_five_get_badges_that_do_not_overlap() -> None:
    plot = plot_of([40.0] * 200 + [9, 8, 7, 6, 5])
    assert [b.dot.point.sqnr_db for b in plot.badges] == [5, 6, 7, 8, 9]
    xs = sorted(b.x for b in plot.badges)
    assert all(b - a >= BADGE_GAP - 0.2 for a, b in pairwise(xs))
    assert xs[-1] <= RIGHT


def test_svg_names_every_tensor_on_hover(make_report: Callable[..., Report]) -> None:
    page = render_html(make_report(drift=points([300, *range(10, 260)])))
    titles = re.findall(r"<title>(\d+\. .*?)</title>", page)
    assert len(titles) == 251
    assert titles[0] == "1. t0 (ADD): identical, cosine 0.90000"
    assert titles[1] == "2. t1 (ADD): 10.0 dB, cosine 0.90000"


def test_all_identical_and_none_are_said_in_words(make_report: Callable[..., Report]) -> None:
    same = render_html(make_report(drift=points([300, 300])))
    assert "2 compared tensors, no difference in any." in same
    none = render_html(make_report(drift=()))
    assert "No tensor was compared." in none
    assert "<svg" not in same + none


COSTLY = tuple(
    DriftPoint(tensor=f"t{i}", op="ADD", sqnr_db=db, cosine=0.9, lost_db=lost, causes=(f"<cause {i}>",) * (lost > 1))
    for i, (db, lost) in enumerate([(40, 0.2), (30, 10.0), (19.5, 10.5), (18, 1.5)])
)


def test_where_it_starts_and_what_costs_most(passing: Report) -> None:
    report = passing.model_copy(update={"drift": COSTLY})
    assert [p.tensor for p in costliest(report)] == ["t2", "t1", "t3"]
    assert "'t2'" in drift_start(report)
    assert "No tensor" in drift_start(passing.model_copy(update={"drift": COSTLY[:2]}))
    assert drift_start(passing.model_copy(update={"drift": ()})) == ""
    page, text = render_html(report), render_markdown(report)
    assert "&lt;cause 2&gt;" in page
    assert "<cause 2>" not in page
    assert "10.5 dB" in page
    assert "10.5 dB" in text
    assert "cause 2" in text


def test_what_only_moves_values_is_not_named_twice() -> None:
    ops = ("ADD", "RESHAPE", "STRIDED_SLICE", "MUL")
    points = tuple(
        DriftPoint(tensor=op, op=op, sqnr_db=db, cosine=1) for op, db in zip(ops, (9, 9, 8, 12), strict=True)
    )
    assert [p.tensor for p in worst(points)] == ["ADD", "MUL"]
    assert [p.tensor for p in worst(points[1:3])] == ["STRIDED_SLICE", "RESHAPE"]
    plot = drift_plot(points)
    assert plot is not None
    assert [b.dot.point.tensor for b in plot.badges] == ["ADD", "MUL"]
