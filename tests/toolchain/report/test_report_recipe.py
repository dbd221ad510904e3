"""A recipe in every rendering: what was delivered, or what would help; hostile names stay text."""

from __future__ import annotations

import pytest
from test_report_compilation import rendered

from edgeconv.core.recipe import Recipe, RecipeTrial
from edgeconv.core.report import Report
from edgeconv.report.recipe import options, sentence

TRIALS = (
    RecipeTrial(precision="", tensors=0, cosine_mean=0.81, cosine_min=0.7),
    RecipeTrial(precision="int16", tensors=2, cosine_mean=0.97, cosine_min=0.93),
)
ADVICE = Recipe(delivered=False, searched=True, int16=("<b>|a b",), float32=("late",), trials=TRIALS)
DELIVERED = ADVICE.model_copy(update={"delivered": True, "ops": {"border": 4, "int16": 3, "int8": 17}})


@pytest.mark.parametrize("form", ["md", "html", "terminal"])
def test_advice(passing: Report, form: str) -> None:
    text = rendered(passing.model_copy(update={"recipe": ADVICE}))[form]
    words = " ".join(text.split())
    assert "int8 fails its thresholds. With 2 tensors in more than 8 bits" in words
    assert "late" in text
    assert ("<b>|a b" in words) is (form == "terminal")
    assert "Recipe" not in rendered(passing)[form]


@pytest.mark.parametrize("form", ["md", "html"])
def test_every_trial_is_told(passing: Report, form: str) -> None:
    text = rendered(passing.model_copy(update={"recipe": ADVICE}))[form]
    assert all(word in text for word in ("int8 alone", "0.81000", "0.97000", "0.93000"))


@pytest.mark.parametrize("form", ["md", "html", "terminal"])
def test_what_was_delivered(passing: Report, form: str) -> None:
    words = " ".join(rendered(passing.model_copy(update={"recipe": DELIVERED}))[form].split())
    assert "2 tensors in more than 8 bits, found by search. Operators: 4 between them, 3 in int16, 17 in int8." in words


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        (ADVICE.model_copy(update={"reached": False}), "no recipe was found"),
        (Recipe(delivered=False, searched=True), "calibrate on more clips"),
        (Recipe(delivered=True, searched=True), "int8 alone keeps the thresholds"),
        (DELIVERED.model_copy(update={"reached": False}), "this one came nearest"),
        (DELIVERED.model_copy(update={"searched": False}), "as the profile asks"),
    ],
)
def test_every_outcome_has_its_sentence(recipe: Recipe, told: str) -> None:
    assert told in sentence(recipe)


def test_options_can_be_pasted_into_a_shell() -> None:
    assert options(ADVICE) == "--int16 '<b>|a b' --float32 late"
