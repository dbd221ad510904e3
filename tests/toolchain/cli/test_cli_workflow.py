"""The workflow of docs/ci: its shell steps, run as GitHub's runner does, on a network small enough for a test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from cli_tools import environment

WORKFLOW = Path(__file__).parents[3] / "docs" / "ci" / "edge-model.yml"


def steps() -> dict[str, dict[str, Any]]:
    """By name, those that have one."""
    document = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return {s["name"]: s for s in document["jobs"]["export"]["steps"] if "name" in s}


def run(name: str, place: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """One step, by bash as the runner calls it, with this edgeconv and no pip on the path."""
    tools = place / "tools"
    if not tools.exists():
        tools.mkdir()
        for tool, words in (("edgeconv", f'exec {sys.executable} -m edgeconv "$@"'), ("pip", 'echo pip "$@"')):
            (tools / tool).write_text(f"#!/bin/sh\n{words}\n")
            (tools / tool).chmod(0o755)
    summary = place / "summary.md"
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", steps()[name]["run"]],
        cwd=place,
        env=environment(
            PATH=f"{tools}:{os.environ['PATH']}", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary), **env
        ),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The job up to its export, which is far too strict for this network: a gate fails."""
    from cli_tools import TINY, write_profile

    place = tmp_path_factory.mktemp("job")
    (place / "net.py").write_text(TINY, encoding="utf-8")
    write_profile(place / "strict.yaml", cosine=1)
    assert run("Install", place).stdout == "pip install edgeconv\n"
    # the target of the step stands beside a profile of one's own for it
    ran = run("Export", place, MODEL="net.py:tiny", OPTIONS="--profile strict.yaml")
    assert ran.returncode == 1, ran.stderr
    assert "::error title=parity" in ran.stderr
    return place


def test_a_failed_gate_fails_the_job_and_is_on_its_page(exported: Path) -> None:
    ran = run("Summary", exported)
    assert ran.returncode == 0, ran.stderr
    page = (exported / "summary.md").read_text(encoding="utf-8")
    assert "## ✗ FAILED" in page
    assert "| ✗ parity" in page


def test_the_first_run_has_nothing_to_compare_with(exported: Path) -> None:
    assert run("Compare with the last bundle", exported).returncode == 0


def test_the_next_run_compares(exported: Path) -> None:
    for _ in range(2):  # there is one of the run before
        assert run("Ship", exported).returncode == 0
    assert {p.name for p in (exported / "last").iterdir()} == {p.name for p in (exported / "bundle").iterdir()}
    ran = run("Compare with the last bundle", exported)
    assert ran.returncode == 0, ran.stderr
    assert "the two bundles tell the same" in (exported / "summary.md").read_text(encoding="utf-8")
    report = exported / "last" / "report.json"
    shipped = report.read_text(encoding="utf-8")
    report.write_text(re.sub(r'"passed": false', '"passed": true', shipped), encoding="utf-8")
    assert run("Compare with the last bundle", exported).returncode == 1
    assert "✗ worse" in (exported / "summary.md").read_text(encoding="utf-8")


def test_a_refused_model_leaves_a_page_without_a_report(tmp_path: Path) -> None:
    ran = run("Export", tmp_path, MODEL="no-such-model", OPTIONS="")
    assert ran.returncode == 2
    assert "::error title=edgeconv" in ran.stderr
    for name in ("Compare with the last bundle", "Summary"):
        assert run(name, tmp_path).returncode == 0
    assert not (tmp_path / "summary.md").exists()


def test_every_step_that_must_run_after_a_failure_does() -> None:
    after = list(steps().values())[list(steps()).index("Export") + 1 :]
    assert {s["if"] for s in after} == {"${{ !cancelled() }}", "github.ref == 'refs/heads/main'"}
