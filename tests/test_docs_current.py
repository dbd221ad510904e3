"""Generated pages equal what the code says today; links and commands of the README exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def test_targets_page_is_current() -> None:
    from edgeconv.targets import docs_table

    assert (ROOT / "docs/targets.md").read_text() == docs_table(), "run `make docs`"


def test_lowering_page_is_current() -> None:
    from edgeconv.lowering.docs import rules_page

    assert (ROOT / "docs/lowering.md").read_text() == rules_page(), "run `make docs`"


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_relative_links_lead_somewhere(page: str) -> None:
    text = (ROOT / page).read_text()
    links = [t.partition("#")[0] for t in re.findall(r"\]\(([^)]+)\)", text) if not t.startswith("http")]
    assert links
    assert [t for t in links if not ((ROOT / page).parent / t).exists()] == []


def test_every_rule_states_before_after_and_refusals() -> None:
    from edgeconv.lowering.registry import load_rules

    said = {op: (function.__doc__ or "").lower() for op, function in load_rules().items()}
    vague = [op for op, text in said.items() if not all(word in text for word in ("before:", "after:", "refuses"))]
    assert vague == []


def test_readme_commands_exist() -> None:
    makefile = (ROOT / "Makefile").read_text()
    wanted = set(re.findall(r"`?make ([a-z0-9-]+)", (ROOT / "README.md").read_text())) - {"the"}
    assert {"demo", "test"} <= wanted
    assert [t for t in wanted if not re.search(rf"^{t}:", makefile, re.M)] == []
