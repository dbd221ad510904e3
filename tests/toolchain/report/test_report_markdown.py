"""report.md: verdict line first, key facts, tables that hold with hostile names."""

from __future__ import annotations

import re

import pytest

from edgeconv.core.report import Report
from edgeconv.report.markdown import escape, render_markdown


def test_failing_report_starts_with_the_verdict_then_the_failed_gates(failing: Report) -> None:
    text = render_markdown(failing)
    assert text.startswith("## ✗ FAILED: 2 of 12 gates did not hold\n")
    row = "| ✗ parity: int8 top-1 agreement (litert) | **83.3 %** | ≥ 90 % | 1 of 6 verification clips"
    assert row in text
    assert text.index(row) < text.index("### Warnings") < text.index("### Key numbers")


def test_passing_report_says_so(passing: Report) -> None:
    text = render_markdown(passing)
    assert text.startswith("## ✓ PASSED: all 10 gates held\n")
    assert "Failed gates" not in text


def test_key_facts(failing: Report) -> None:
    text = render_markdown(failing)
    for fact in (
        "Weights are untrained",
        "| Compute | **28.76 GMAC** | one clip |",
        "| Delivered file | **37.9 MB** |",
        "| litert float32 → litert int8 | 0.99790 | 0.99672 | 33.9 dB | 0.0405 | 83.3 % | 98.3 % | cam05.mp4#1 |",
        "✗ no numbers: child process ended with signal 6",
        "Largest drift of 120 compared tensors: backbone/inception_9/branch1/relu_117 (ADD) 16.1 dB",
        "| on the CPU | 15 | 0 MAC | 0 % |",
        "Judged by: litert 2.3.0 delegate log. 1 delegate partition.",
        "| simplify | ! warning | onnxsim made no change |",
        failing.artifacts[0].sha256,
        "verification: 6 clips from verification clips, 2 skipped",
        "edgeconv 0.1.0",
    ):
        assert fact in text
    assert len(text.splitlines()) < 120


def test_every_table_row_has_as_many_cells_as_its_head(failing: Report, hostile: Report) -> None:
    for report in (failing, hostile):
        for table in re.findall(r"(?:^\|.*\n)+", render_markdown(report), re.M):
            cells = {len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}
            assert len(cells) == 1


def test_hostile_names_stay_text(hostile: Report) -> None:
    text = render_markdown(hostile)
    assert "<script" not in text
    assert "<img" not in text
    assert set(re.findall(r"<[^>]*>", text)) == {"<details>", "</details>", "<summary>", "</summary>"}


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("a|b", r"a\|b"),
        ("two\nlines\r\n", "two lines"),
        ("CONV_2D", "CONV_2D"),
        ("_x_ *y* `z`", r"\_x\_ \*y\* \`z\`"),
        ("back\\|slash", r"back\\\|slash"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("[a](b)", r"\[a\](b)"),
    ],
)
def test_escape(raw: str, safe: str) -> None:
    assert escape(raw) == safe


def test_transposes_left_are_listed_with_their_causes(passing: Report) -> None:
    assert "left in" not in render_markdown(passing)
    lowering = passing.lowering.model_copy(
        update={
            "transposes": ("Einsum 'a': 2×3", "MatMul 'b': 4×5", "Einsum 'c|d': 6×7"),
            "tflite_transposes": ("Add 'e': 8×9",),
        }
    )
    text = render_markdown(passing.model_copy(update={"lowering": lowering}))
    assert "3 transposes left in model.onnx: 2 by Einsum, 1 by MatMul" in text
    assert "1 transpose left in TFLite: 1 by Add" in text
    assert "- Einsum 'c\\|d': 6×7" in text
