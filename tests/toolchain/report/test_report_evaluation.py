"""evaluation.html: every number of the evaluation is there; it loads and runs nothing; hostile names stay text."""

from __future__ import annotations

import re

import numpy as np
import pytest

from edgeconv.core.evaluation import Evaluation, SkippedVideo
from edgeconv.evaluation import agreement, score
from edgeconv.report.evaluation import confused, matrix, render_evaluation

NAMES = ("walk", "<script>run</script>", "jump", "sit", "lie", "fall")


def made(count: int = 6) -> Evaluation:
    rng = np.random.default_rng(1)
    names = (*NAMES, *(f"more {i}" for i in range(count - 6)))
    labels = [int(i) for i in rng.integers(0, count, 40)]
    first, second = rng.random((40, count)), rng.random((40, count))
    return Evaluation(
        subject="net", data="clips", classes=names, videos=40, clips=2, crops=3,
        stages=(score("PyTorch", first, labels, names), score("int8 TFLite (litert)", second, labels, names)),
        agreements=(agreement("PyTorch", "int8 TFLite (litert)", (first, second), labels),),
        notes=("the weights are UNTRAINED",),
        skipped=(SkippedVideo(name="broken.mp4", reason="it has no frames"),),
    )  # fmt: skip


def test_all_that_was_found_is_told() -> None:
    page = render_evaluation(made())
    found = made()
    for words in ("40 videos of 6 classes", "2 clips of 3 crops", "UNTRAINED", "broken.mp4", "it has no frames"):
        assert words in page, words
    for stage in found.stages:
        assert f"{100 * stage.top1.low:.1f} to {100 * stage.top1.high:.1f} %" in page
    cells = re.findall(r'<td class="(?:right|wrong)"[^>]*>(\d*)</td>', page)
    assert sum(int(c or 0) for c in cells) == 2 * 40


def test_names_are_text_and_nothing_runs() -> None:
    page = render_evaluation(made())
    assert "<script" not in page
    assert "&lt;script&gt;run" in page
    assert "default-src 'none'" in page


@pytest.mark.parametrize(("classes", "numbered"), [(6, True), (24, True), (25, False)])
def test_many_classes_have_no_numbers_in_their_cells(classes: int, numbered: bool) -> None:
    page = render_evaluation(made(classes))
    assert ("matrix numbered" in page) is numbered
    assert page.count('title="') == 2 * classes * classes


def test_the_pairs_confused_most_come_first() -> None:
    stage = made().stages[0]
    pairs = confused(stage)
    counts = [p.videos for p in pairs]
    assert counts == sorted(counts, reverse=True)
    assert all(p.true != p.taken for p in pairs)
    assert [sum(c.videos for c in row) for _, row in matrix(stage)] == [c.videos for c in stage.classes]
