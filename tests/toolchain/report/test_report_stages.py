"""All stages in one plot, and the sentences beside it."""

from __future__ import annotations

import pytest
from report_cases import build_report

from edgeconv.core.drift import Apart, DriftPoint, ExactStage, LayerCulprit, Layers, SharedValue
from edgeconv.report.html import render_html
from edgeconv.report.markdown import render_markdown
from edgeconv.report.stages import BOTTOM, LEFT, RIGHT, TOP, exact_words, int8_words, stage_plot, stage_words

CULPRIT = LayerCulprit(value="b<i>", op="Conv", tensor="b/CONV_2D", alone=0.25)
STAGES = (
    ExactStage(name="lowered ONNX", tolerance=1e-5, compared=3, worst=2e-6),
    ExactStage(name="fp32 TFLite", tolerance=1e-4, compared=2, worst=0.5, culprits=(CULPRIT,), inherited=1),
)


def apart(relative: float) -> Apart:
    return Apart(relative=relative, sqnr_db=40)


LAYERS = Layers(
    stages=STAGES,
    values=(
        SharedValue(value="a", op="Relu", lowered=apart(0)),
        SharedValue(value="b<i>", op="Conv", tensor="b", lowered=apart(1e-6), tflite=apart(1), int8=apart(3)),
        SharedValue(value="c", op="Add", tensor="c", lowered=apart(2e-6), tflite=apart(0.5)),
    ),
)


def point(name: str, excess: float, *causes: str) -> DriftPoint:
    return DriftPoint(tensor=name, op="ADD", sqnr_db=20, cosine=0.9, excess_db=excess, causes=causes)


def test_one_line_per_file_through_the_values_that_it_has() -> None:
    plot = stage_plot(LAYERS)
    assert plot is not None
    middle = (LEFT + RIGHT) / 2
    assert [(line.name, line.path.split(" ")[0][1:]) for line in plot.lines] == [
        ("lowered ONNX", str(LEFT)),
        ("fp32 TFLite", str(middle)),
        ("int8 TFLite", str(middle)),
    ]
    assert plot.lines[0].path.startswith(f"M{LEFT} {BOTTOM} L{middle}")
    assert plot.lines[2].path == f"M{middle} {TOP}"
    (mark,) = plot.marks
    assert (mark.x, mark.y) == (middle, TOP)


def test_nothing_to_draw() -> None:
    assert stage_plot(None) is None
    assert stage_plot(Layers(stages=STAGES, values=())) is None
    assert stage_words(None) == ()


def test_what_differs_by_itself_is_named() -> None:
    fine, wrong = stage_words(LAYERS)
    assert fine == "lowered ONNX: 3 values, none differs by itself; at most 2.0e-06 of a value's scale"
    assert "Conv 'b<i>' (tensor 'b/CONV_2D') differs by 2.5e-01 of its scale by itself;" in wrong
    two = STAGES[1].model_copy(update={"culprits": (CULPRIT.model_copy(update={"alone": None}), CULPRIT)})
    assert "cannot run alone; so do 1 more" in exact_words(two)
    assert exact_words(STAGES[0].model_copy(update={"died": "killed"})) == "lowered ONNX: not compared: killed"


@pytest.mark.parametrize(
    ("points", "said"),
    [
        ((), ""),
        ((point("a", 2.9),), "No operator costs clearly more than the error of its inputs and one rounding."),
        ((point("a", 3.0), point("b", 5.9)), "Drift starts at ADD 'a', 3.0 dB beyond one rounding; no operator stands"),
        ((point("a", 3.0), point("b", 6.0, "why")), "beyond one rounding, and grows most at ADD 'b', 6.0 dB: why."),
        (
            (point("a", 1.0), point("b", 9.0, "why")),
            "Drift starts at ADD 'b', 9.0 dB beyond one rounding, and grows most there: why.",
        ),
    ],
)
def test_where_int8_drift_starts_and_grows(points: tuple[DriftPoint, ...], said: str) -> None:
    assert said in int8_words(points)


def test_both_renderings_have_it_and_escape_it() -> None:
    made = build_report().model_copy(update={"layers": LAYERS})
    html, text = render_html(made), render_markdown(made)
    assert html.count('class="stage ') == 3
    assert "b<i>" not in html
    assert "b&lt;i&gt;" in html
    assert "differs by 2.5e-01 of its scale by itself" in text
    assert 'class="stage ' not in render_html(made.model_copy(update={"layers": None}))
