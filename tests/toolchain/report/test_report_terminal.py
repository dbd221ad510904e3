"""The terminal summary: fits 80 columns, says the same without colour, shows no escape codes of others."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from rich.cells import cell_len
from rich.console import Console

from edgeconv.core.report import Report, StageTiming
from edgeconv.report import render_terminal

TIMINGS = (
    StageTiming(name="quantize", seconds=185.2, peak_mib=2900),
    StageTiming(name="warm-up", seconds=0.42, peak_mib=64),
)


def rendered(report: Report, width: int = 80, encoding: str = "utf-8", colour: bool = False) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n")
    console = Console(
        file=stream,
        width=width,
        force_terminal=colour,
        color_system="standard" if colour else None,
        legacy_windows=False,
    )
    render_terminal(report, console, TIMINGS)
    stream.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [80, 60, 120])
def test_no_line_is_too_long(failing: Report, hostile: Report, width: int) -> None:
    for report in (failing, hostile):
        assert max(map(cell_len, rendered(report, width).splitlines())) <= width


def test_failing_report_says_failed_first_then_measured_and_required(failing: Report) -> None:
    text = rendered(failing)
    lines = text.splitlines()
    assert "✗ FAILED: 2 of 12 gates did not hold" in lines[1]
    assert "measured 83.3 %, required ≥ 90 %" in text
    assert "1 of 6 verification clips changed its class" in text
    assert text.index("required ≥ 90 %") < text.index("Warnings") < text.index("Stages")


def test_key_facts(failing: Report) -> None:
    text = " ".join(rendered(failing).split())
    for fact in (
        "! Weights are untrained (seeded random)",
        "! Calibration clips are synthetic",
        "! simplify onnxsim made no change",
        "– bundle not written, gates failed",
        "3 min 05 s, 2900 MiB",
        "warm-up 0.4 s, 64 MiB",
        "litert float32 → litert int8 0.99790 0.99672 33.9 dB 0.0405 83.3 % cam05.mp4#1",
        "✗ no numbers: child process ended with signal 6",
        "accelerated 120 ops",
        "Ops on ethos-u55-256 predicted from the file",
        "unsupported 1 op 0 MAC 0 % of MACs",
        "! Predicted only",
        "eco_lite_int8.tflite 37.9 MB full int8, delivered",
    ):
        assert fact in text


def test_passing_report(passing: Report) -> None:
    text = rendered(passing)
    assert "✓ PASSED: all 10 gates held" in text.splitlines()[1]
    assert "Failed gates" not in text


def test_warnings_are_derived_when_nobody_wrote_them(make_report: Callable[..., Report]) -> None:
    text = " ".join(rendered(make_report(crash=True, warnings=())).split())
    assert "! Untrained weights: untrained: seeded random weights" in text
    assert "! Synthetic calibration clips: synthetic moving shapes" in text
    assert "! tflite-runtime 2.14 int8 gave no numbers" in text


def test_a_failed_stage_under_a_passed_verdict_is_called_out(
    failing: Report, make_report: Callable[..., Report]
) -> None:
    text = " ".join(rendered(make_report(stages=failing.stages)).split())
    assert "Stage 'check' failed though every gate held" in text


def test_colour_only_adds_escape_codes(failing: Report) -> None:
    from rich.text import Text

    coloured = rendered(failing, colour=True)
    assert "\x1b[" in coloured
    assert Text.from_ansi(coloured).plain.split() == rendered(failing).split()


def test_ascii_terminals_get_ascii(failing: Report) -> None:
    text = rendered(failing, encoding="ascii")
    assert "x FAILED: 2 of 12 gates" in text
    assert "eco-lite-3d > raspberry-pi-5" in text


def test_control_characters_and_markup_in_names_stay_harmless(make_report: Callable[..., Report]) -> None:
    text = rendered(make_report(target="evil\x1b[2J\x07[red]x[/red]", warnings=("a\rb [bold]untrained synthetic",)))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\r" not in text
    assert "[red]x[/red]" in text
    assert "[bold]untrained" in text
