"""report.junit.xml: every gate as a test case, for CI systems that show test results."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from edgeconv.core.report import Report

_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, escaped or not."""


def render_junit(report: Report) -> str:
    """JUnit XML as Jenkins, GitLab and GitHub's reporters read it: one suite, one case per gate."""
    counts = {"tests": str(len(report.gates)), "failures": str(len(report.failed_gates)), "errors": "0"}
    name = _legal(f"{report.source.name} for {report.target}")
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": name, **counts, "skipped": "0"})
    for gate in report.gates:
        case = ElementTree.SubElement(
            suite, "testcase", {"classname": _legal(f"edgeconv.{report.target}"), "name": _legal(gate.name)}
        )
        if not gate.passed:
            said = _legal(f"measured {gate.measured}, required {gate.required}")
            failure = ElementTree.SubElement(case, "failure", {"message": said, "type": "gate"})
            failure.text = _legal(gate.detail)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("�", text)
