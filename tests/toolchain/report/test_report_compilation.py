"""What a real compiler said stands in every rendering; hostile names stay text."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from edgeconv.core.report import Compilation, Measure, PlacedOp, Report
from edgeconv.report import render_terminal
from edgeconv.report.compilation import agreement, amount, headline
from edgeconv.report.html import render_html
from edgeconv.report.markdown import render_markdown

COMPILED = Compilation(
    model="model_int8.tflite",
    target="ethos-u55-256",
    compiler="ethos-u-vela",
    version="5.2.0",
    outcome="compiled",
    command=("vela", "model_int8.tflite", "--memory-mode", "Shared_Sram"),
    file="model_int8_vela.tflite",
    settings={"memory-mode": "Shared_Sram"},
    ops=(
        PlacedOp(index=0, op="CONV_2D", name="a", accelerated=True),
        PlacedOp(index=1, op="MEAN", name="b", accelerated=False, reasons=("Batch must be 1.",)),
    ),
    measures=(Measure(name="cycles of one pass", value=208004710.0), Measure(name="SRAM", value=16.875, unit="KiB")),
    disagreements=("MEAN '<b>|x' was predicted on the accelerator",),
)
ABSENT = COMPILED.model_copy(update={"outcome": "absent", "why": "ethos-u-vela is not installed here", "ops": ()})


def rendered(report: Report) -> dict[str, str]:
    terminal = io.StringIO()
    render_terminal(report, Console(file=terminal, width=100))
    return {"md": render_markdown(report), "html": render_html(report), "terminal": terminal.getvalue()}


@pytest.mark.parametrize("form", ["md", "html", "terminal"])
def test_compiled(passing: Report, form: str) -> None:
    text = rendered(passing.model_copy(update={"compilations": (COMPILED,)}))[form]
    assert "compiled by ethos-u-vela 5.2.0: 1 op on the accelerator, 1 on the CPU" in text
    assert "208,004,710" in text
    assert "16.9 KiB" in text
    assert ("<b>|x" in text) is (form == "terminal")


@pytest.mark.parametrize("form", ["md", "html", "terminal"])
def test_predicted_only(passing: Report, form: str) -> None:
    text = rendered(passing.model_copy(update={"compilations": (ABSENT,)}))[form]
    assert "predicted, not compiled: ethos-u-vela is not installed here" in text
    assert "vela model_int8.tflite --memory-mode Shared_Sram" in text


def test_words() -> None:
    assert agreement(COMPILED) == "1 op predicted otherwise"
    assert agreement(COMPILED.model_copy(update={"disagreements": ()})) == "the prediction agrees op by op"
    assert agreement(ABSENT) == ""
    failed = ABSENT.model_copy(update={"outcome": "failed", "why": "it was killed by SIGSEGV"})
    assert headline(failed) == "not compiled: it was killed by SIGSEGV"
    assert amount(Measure(name="t", value=0.4123, unit="ms")) == "0.412 ms"
    assert amount(Measure(name="n", value=2)) == "2"
