"""report.html: complete, well-formed, self-contained, and deaf to hostile names."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from edgeconv.core.report import Coverage, Gate, Lowering, Report
from edgeconv.report.html import render_html

VOID = {"meta", "br", "input", "link", "img", "hr"}
SHAPES = {"rect", "circle", "line", "path"}


class Outline(HTMLParser):
    """Checks that tags balance and collects text and attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in SHAPES | VOID
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def outline(page: str) -> Outline:
    parsed = Outline()
    parsed.feed(page)
    parsed.close()
    assert parsed.open == []
    return parsed


def test_every_section_tells_its_key_facts(failing: Report) -> None:
    text = outline(render_html(failing)).text
    for fact in (
        "✗ FAILED: 2 of 12 gates did not hold",
        "measured 83.3 % , required ≥ 90 %",
        "Weights are untrained (seeded random)",
        "28.76 GMAC",
        "1×3×16×224×224, axes NCTHW",
        "torch.onnx dynamo, ONNX opset 18",
        "pass fuse_pad_into_conv switched off",
        "tflite: all tensors int8 or int32",
        "cam05.mp4#1",
        "child process ended with signal 6",
        "The 5 largest drifts",
        "backbone/inception_9/branch1/relu_117",
        "100 % of MACs accelerated (120 of 120 ops)",
        "17 ops not accelerated, with reasons",
        "batch is 16, must be 1",
        "Use the strip fold",
        "Predicted only",
        "Highest rank 5 → 4",
        "frames fold (42×)",
        failing.artifacts[2].sha256,
        "real = scale * (q - zero_point)",
        "real = 0.018658448 * (q + 14)",
        "int8 spans −2.13 to 2.63",
        "16 frames: 2, 6, 10 … 62",
        "short.avi#0 : 9 frames, 16 needed",
        failing.provenance.profile_sha256,
        "ai-edge-litert 2.3.0",
    ):
        assert fact in text


def test_verdict_comes_first(failing: Report, passing: Report) -> None:
    page = render_html(failing)
    assert page.index("FAILED") < page.index("eco-lite-3d")  # the title
    parts = ("FAILED:</b>", "measured", 'id="source"', 'id="stages"', 'id="gates"', 'id="parity"', 'id="drift"')
    places = [page.index(p) for p in parts]
    assert places == sorted(places)
    assert "all 10 gates held" in outline(render_html(passing)).text


def test_headings_do_not_skip_a_level(failing: Report) -> None:
    levels = [int(t[1]) for t, _ in outline(render_html(failing)).tags if re.fullmatch("h[1-6]", t)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_loads_nothing(failing: Report) -> None:
    page = render_html(failing)
    for tag, attributes in outline(page).tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith("#")
        assert not any(name.startswith("on") for name in attributes)
    assert "url(" not in page
    assert "@import" not in page


def test_policy_allows_only_the_page_s_own_script(passing: Report) -> None:
    page = render_html(passing)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.S)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page


def test_links_lead_somewhere_and_ids_are_unique(passing: Report) -> None:
    tags = outline(render_html(passing)).tags
    ids = [a["id"] for _, a in tags if "id" in a]
    assert len(ids) == len(set(ids))
    assert {a["href"] for t, a in tags if t == "a"} == {f"#{i}" for i in ids}


def test_hostile_names_stay_text(hostile: Report) -> None:
    page = render_html(hostile)
    parsed = outline(page)
    assert [t for t, _ in parsed.tags].count("script") == 1
    assert "img" not in [t for t, _ in parsed.tags]
    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in parsed.text


def test_colour_is_never_alone(failing: Report) -> None:
    chips = re.findall(r'<span class="chip [a-z]+">([^<]*)</span>', render_html(failing))
    assert len(chips) > 200
    assert all(c.strip() for c in chips)


def test_long_op_tables_are_folded_and_short_ones_open(failing: Report, make_report: Callable[..., Report]) -> None:
    assert '<details class="bulk"><summary>All 120 ops' in render_html(failing)
    first = failing.coverage[0]
    short = first.model_copy(update={"ops": first.ops[:3]})
    assert '<details class="bulk" open><summary>All 3 ops' in render_html(make_report(coverage=(short,)))


@pytest.mark.parametrize("gates", [(), (Gate(name="only", passed=True, measured="1", required="1"),)])
def test_an_almost_empty_report_renders(make_report: Callable[..., Report], gates: tuple[Gate, ...]) -> None:
    nothing = Coverage(target="t", summary="s", judged_by="j", ops=())
    empty = make_report(
        gates=gates,
        stages=(),
        clip_sets=(),
        artifacts=(),
        parity=(),
        drift=(),
        coverage=(nothing,),
        inputs=(),
        outputs=(),
        warnings=(),
        lowering=Lowering(ops_before={}, ops_after={}, max_rank_before=0, max_rank_after=0),
    )
    text = outline(render_html(empty)).text
    assert ("the one gate held" if gates else "no gate was checked") in text
    assert "Untrained weights: untrained: seeded" in text
    assert "No tensor was compared." in text
    assert "t: no ops were judged" in text
