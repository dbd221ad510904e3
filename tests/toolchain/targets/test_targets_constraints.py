"""Every constraint: it holds for one op, and not for its near miss."""

from __future__ import annotations

import pytest
from targets_cases import CASES as FIRST_CASES
from targets_cases import MORE_MISSES as FIRST_MISSES
from targets_cases import MORE_PASSES
from targets_cases_more import ALSO_MISSED, MORE_CASES

from edgeconv.core.summary import OpInfo
from edgeconv.targets import constraint, docs_table, get_target, target_names
from edgeconv.targets.constraint import Constraint, Finding, registered

CASES = FIRST_CASES | MORE_CASES
MORE_MISSES = FIRST_MISSES | ALSO_MISSED
TARGETS = [t for name in target_names() for t in (get_target(name), *get_target(name).editions.values())]
BY_NAME = {c.name: c for target in TARGETS for c in target.constraints}


def pairs(kind: int, more: dict[str, list[OpInfo]]) -> list[object]:
    ops = [(name, case[kind]) for name, case in CASES.items()]
    ops += [(name, op) for name, extra in more.items() for op in extra]
    return [pytest.param(name, op, id=f"{name}-{op.op}-{i}") for i, (name, op) in enumerate(ops)]


@pytest.mark.parametrize(("name", "op"), pairs(0, MORE_PASSES))
def test_holds(name: str, op: OpInfo) -> None:
    rule = BY_NAME[name]
    assert rule.applies_to(op)
    assert rule(op).passed, rule(op).measured


@pytest.mark.parametrize(("name", "op"), pairs(1, MORE_MISSES))
def test_near_miss(name: str, op: OpInfo) -> None:
    rule = BY_NAME[name]
    assert rule.applies_to(op)
    finding = rule(op)
    assert not finding.passed
    assert finding.measured


def test_every_constraint_has_a_case() -> None:
    assert set(BY_NAME) == set(CASES) | set(MORE_MISSES)


def test_every_registered_constraint_belongs_to_a_target() -> None:
    assert {c.name for c in registered()} == set(BY_NAME)


def test_docs_name_every_constraint_and_say_its_text() -> None:
    docs = docs_table()
    for rule in BY_NAME.values():
        assert f"| {rule.name} |" in docs
        assert rule.text in docs
    for name in target_names():
        assert f"`{name}`" in docs


def test_texts_are_sentences() -> None:
    for rule in BY_NAME.values():
        assert rule.text[0].isupper() or rule.text.startswith("int8")
        assert rule.text.endswith(".")


def test_a_constraint_needs_a_docstring() -> None:
    def silent(op: OpInfo) -> Finding:
        return Finding(bool(op))

    with pytest.raises(TypeError, match="no docstring"):
        constraint("cpu", source="here")(silent)


def test_a_constraint_exists_once() -> None:
    rule: Constraint = BY_NAME["xnnpack/taken"]
    with pytest.raises(TypeError, match="exists twice"):
        constraint("cpu", source="here")(rule.test)
