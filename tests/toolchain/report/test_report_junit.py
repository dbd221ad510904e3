"""Every gate is a test case; hostile names stay legal XML."""

from __future__ import annotations

from xml.etree import ElementTree

from edgeconv.core.report import Gate, Report
from edgeconv.report.junit import render_junit


def test_every_gate_is_a_case(failing: Report) -> None:
    root = ElementTree.fromstring(render_junit(failing))
    (suite,) = root
    assert [c.get("name") for c in suite] == [g.name for g in failing.gates]
    red = [c for c in suite if len(c)]
    assert [c.get("name") for c in red] == [g.name for g in failing.failed_gates]
    assert suite.get("failures") == root.get("failures") == str(len(red)) != "0"
    assert suite.get("tests") == str(len(failing.gates))
    gate = failing.failed_gates[0]
    assert red[0][0].get("message") == f"measured {gate.measured}, required {gate.required}"


def test_a_passing_report_has_no_failure(passing: Report) -> None:
    assert not list(ElementTree.fromstring(render_junit(passing)).iter("failure"))


def test_what_xml_cannot_hold_is_replaced(passing: Report) -> None:
    gate = Gate(name='a<b & "c" \x00\x1b\ud800', passed=False, measured="\x07", required="ä", detail="<!-- ]]> \x01")
    text = render_junit(passing.model_copy(update={"gates": (gate,)}))
    (case,) = ElementTree.fromstring(text)[0]
    assert case.get("name") == 'a<b & "c" ���'
    assert case[0].text == "<!-- ]]> �"
    text.encode("utf-8")
