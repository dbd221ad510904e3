"""A runtime that hangs or dies is a finding in the report of a bundle that is written all the same."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from cli_small import small
from cli_tools import Ran, edgeconv, write_profile

from edgeconv.bundle import inspect_bundle

FAULTS = {
    "hang": "time.sleep(3600)",
    "abort": "os.abort()",
    "segfault": "os.kill(os.getpid(), signal.SIGSEGV)",
    "out of memory": "os.kill(os.getpid(), signal.SIGKILL)",
}
SAID = {
    "hang": "gave no answer in 20 s and was stopped",
    "abort": "was killed by SIGABRT",
    "segfault": "was killed by SIGSEGV",
    "out of memory": "was killed by SIGKILL",
}


def fake(folder: Path, module: str, fault: str) -> None:
    """A runtime of this name that is found before the real one and behaves so when anything of it is wanted."""
    package = folder / module
    package.mkdir(parents=True)
    (package / "interpreter.py").write_text(
        "import os, signal, time\n\ndef __getattr__(name):\n"
        f"    if name.startswith('_'):\n        raise AttributeError(name)\n    {FAULTS[fault]}\n"
    )
    (package / "__init__.py").write_text(
        f"__version__ = '2.14.0'\nfrom {module} import interpreter\nlite = interpreter\n"
    )


def export_with(folder: Path, *arguments: str | Path) -> Ran:
    path = os.pathsep.join((str(folder / "fakes"), os.environ.get("PYTHONPATH", "")))
    return edgeconv(*arguments, "--out", folder / "place" / "net", PYTHONPATH=path)


@pytest.mark.parametrize(("first", "second"), [("hang", "abort"), ("segfault", "out of memory")])
def test_two_of_three_runtimes_fail(tmp_path: Path, first: str, second: str) -> None:
    fake(tmp_path / "fakes", "tflite_runtime", first)
    fake(tmp_path / "fakes", "tensorflow", second)
    profile = write_profile(
        tmp_path / "faulty.yaml", extra="  runtimes: [tflite-runtime, tensorflow, litert]\n  timeout: 20\n"
    )
    ran = export_with(tmp_path, *small(tmp_path), "--profile", profile)
    assert ran.code == 1, ran.err
    bundle = tmp_path / "place" / "net"
    assert inspect_bundle(bundle).findings == ()
    report = json.loads((bundle / "report.json").read_text())
    pairs = {p["candidate"]: p["failure"] for p in report["parity"]}
    assert f"tflite-runtime {SAID[first]}" in pairs["int8 TFLite (tflite-runtime)"]
    assert f"tensorflow {SAID[second]}" in pairs["int8 TFLite (tensorflow)"]
    assert not pairs["int8 TFLite (litert)"]  # it was asked last, and still asked
    red = [g for g in report["gates"] if not g["passed"]]
    assert red
    assert all("tflite-runtime" in g["name"] or "tensorflow" in g["name"] for g in red)
    for text in (ran.out, (bundle / "report.md").read_text()):
        assert SAID[first] in " ".join(text.split())


def test_the_models_process_dies(tmp_path: Path) -> None:
    """Without a model there is nothing to report: code 4, its last words, the earlier bundle as it was."""
    (tmp_path / "net.py").write_text("import os\n\ndef dies():\n    print('farewell', flush=True)\n    os.abort()\n")
    (tmp_path / "place" / "net").mkdir(parents=True)
    (tmp_path / "place" / "net" / "manifest.json").write_text("{}")
    ran = export_with(tmp_path, "export", f"{tmp_path / 'net.py'}:dies", "--target", "tflite")
    assert ran.code == 4
    assert "error: the model's process was killed by SIGABRT" in ran.err
    assert "  - farewell" in ran.err
    assert [str(p.relative_to(tmp_path / "place")) for p in (tmp_path / "place").rglob("*")] == [
        "net",
        "net/manifest.json",
    ]
