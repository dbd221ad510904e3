"""The whole and its parts stand side by side in every rendering; hostile names stay text."""

from __future__ import annotations

import pytest
from test_report_compilation import COMPILED, rendered

from edgeconv.core.report import Report, Split, SplitPart
from edgeconv.report.split import sentence
from edgeconv.report.view import delivered, key_numbers

PART = SplitPart(
    file="model_int8.tflite",
    takes="a clip",
    gives="logits",
    bytes=7_000_000,
    ops=200,
    macs=9_000,
    largest=13_000_000,
)
SPLIT = Split(
    cut="<b>|features",
    frames=16,
    whole=PART,
    backbone=PART.model_copy(update={"file": "spine_int8.tflite", "macs": 500, "largest": 800_000}),
    head=PART.model_copy(update={"file": "brain_int8.tflite", "macs": 1_000}),
)


@pytest.mark.parametrize("form", ["md", "html", "terminal"])
def test_side_by_side(passing: Report, form: str) -> None:
    text = rendered(passing.model_copy(update={"split": SPLIT}))[form]
    for words in ("model_int8.tflite", "spine_int8.tflite", "brain_int8.tflite", "13.0 MB", "800 kB", "7.00 MB"):
        assert words in text, words
    assert "1.500 kMAC in all" in " ".join(text.split())
    assert ("<b>|features" in text) is (form == "terminal")
    assert "Split" not in rendered(passing)[form]


def test_what_is_saved_is_told_only_where_it_is() -> None:
    assert "83.3 % less than the whole clip" in sentence(SPLIT)
    dear = SPLIT.model_copy(update={"head": PART})
    assert "less" not in sentence(dear)


def test_the_delivered_files_are_the_parts_compiled_where_they_were(passing: Report) -> None:
    """`passing` has files of its own; the parts are added to them."""
    whole = passing.artifacts[-1]
    spine, brain, compiled = (
        whole.model_copy(update={"file": f, "bytes": 1000 + n})
        for n, f in enumerate(("spine_int8.tflite", "brain_int8.tflite", "brain_int8_vela.tflite"))
    )
    made = COMPILED.model_copy(update={"model": "brain_int8.tflite", "file": "brain_int8_vela.tflite"})
    report = passing.model_copy(
        update={"split": SPLIT, "artifacts": (*passing.artifacts, spine, brain, compiled), "compilations": (made,)}
    )
    assert delivered(report) == (spine, compiled)
    assert delivered(passing) != delivered(report)
    told = next(f for f in key_numbers(report) if f.label == "Delivered files")
    assert told.value == "2.00 kB"
    assert "spine_int8.tflite, brain_int8_vela.tflite" in told.note
