"""Numbers for people."""

from __future__ import annotations

import math

import pytest

from edgeconv.report import format as fmt


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (999, "999"), (1000, "1.00 k"), (37_512_048, "37.5 M"), (999_950, "1.00 M"), (150_200_311, "150 M")],
)
def test_count(value: int, text: str) -> None:
    assert fmt.count(value) == text


def test_quantities_carry_their_unit() -> None:
    assert fmt.macs(28_760_000_000) == "28.76 GMAC"
    assert fmt.size(13_100_000) == "13.1 MB"
    assert fmt.size(512) == "512 B"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.2e-7, "1.2e-7"),
        (1e-5, "1e-5"),
        (0.0405, "0.0405"),
        (-2.125, "−2.12"),
        (123456.7, "123457"),
        (3e9, "3e9"),
        (20.0, "20"),
        (math.nan, "n/a"),
        (-math.inf, "−∞"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert fmt.number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (0.9999999, ">0.99999"),
        (0.999994, "0.99999"),
        (0.5, "0.50000"),
        (-0.25, "−0.25000"),
        (math.nan, "n/a"),
    ],
)
def test_cosine_never_rounds_up_to_one(value: float, text: str) -> None:
    assert fmt.cosine(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0 %"), (1.0, "100 %"), (0.984, "98.4 %"), (0.99996, ">99.9 %"), (0.0001, "<0.1 %"), (math.nan, "n/a")],
)
def test_share_never_rounds_to_all_or_nothing(value: float, text: str) -> None:
    assert fmt.share(value) == text


def test_decibel_and_its_error() -> None:
    assert (fmt.decibel(31.44), fmt.error_share(20)) == ("31.4 dB", "10 %")
    assert (fmt.decibel(300), fmt.error_share(300)) == ("identical", "0 %")
    assert (fmt.decibel(-4), fmt.decibel(math.nan), fmt.error_share(math.nan)) == ("−4.0 dB", "n/a", "n/a")


def test_words() -> None:
    assert fmt.shape((1, 3, 16)) == "1×3×16"
    assert fmt.shape(()) == "scalar"
    assert fmt.frames(()) == "no frames"
    assert fmt.frames((0, 8)) == "2 frames: 0, 8"
    assert fmt.frames(range(0, 64, 4)) == "16 frames: 0, 4, 8 … 60"
    assert (fmt.plural(1, "gate"), fmt.plural(0, "gate")) == ("1 gate", "0 gates")
    assert (fmt.seconds(0.42), fmt.seconds(185.2)) == ("0.4 s", "3 min 05 s")
