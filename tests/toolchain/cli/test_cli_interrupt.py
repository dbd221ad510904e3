"""SIGINT and SIGTERM in the middle of an export: children die, nothing is left, the earlier bundle is untouched."""

from __future__ import annotations

import signal
import subprocess
import time
from pathlib import Path

import pytest
from cli_tools import EDGECONV, digests, environment


@pytest.mark.parametrize(("number", "stage"), [(signal.SIGINT, "export to ONNX"), (signal.SIGTERM, "simplify")])
def test_an_interrupted_export_leaves_the_earlier_bundle(
    number: signal.Signals, stage: str, tiny: str, videos: Path, profile: Path, tmp_path: Path
) -> None:
    out = tmp_path / "bundles" / "net"
    out.mkdir(parents=True)
    (out / "manifest.json").write_text("{}")
    (out / "model.onnx").write_bytes(b"earlier")
    before = digests(out)
    command = [*EDGECONV, "export", tiny, "-p", str(profile), "--calibration", str(videos), "--out", str(out)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(), start_new_session=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.rstrip().endswith(stage):
                break
        children = wait_for_children(process.pid)
        process.send_signal(number)
        sent = time.monotonic()
        out_text, err_text = process.communicate(timeout=30)
    assert time.monotonic() - sent < 10
    assert process.returncode == 130
    assert out_text == ""
    assert err_text.splitlines()[-1] == "error: interrupted; nothing was written"
    assert "Traceback" not in err_text
    assert digests(out) == before
    assert [p.name for p in out.parent.iterdir()] == ["net"]
    assert children
    deadline = time.monotonic() + 5
    while any(map(runs, children)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(runs, children))


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_for_children(pid: int) -> list[int]:
    """Its child processes, as soon as there are any."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    deadline = time.monotonic() + 10
    while not (found := [int(p) for p in path.read_text().split()]) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found
