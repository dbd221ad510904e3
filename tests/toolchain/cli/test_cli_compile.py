"""`edgeconv export` for a device with a compiler: there, absent, or at fault; the bundle is whole each time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from cli_tools import Ran, edgeconv
from compilers_cases import program

COMPILED = "model_int8_vela.tflite"
PROFILE = """name: few
description: two clips each
target: ethos-u55-64
fold_for: {"4": strip}
calibration: {clips: 2}
verification: {clips: 2}
onnx: {}
tflite: {max_xnnpack_partitions: null}
parity: {int8_cosine_mean: -1, int8_cosine_min: -1, max_saturated: 1}
"""


def export(source: str, videos: Path, out: Path, target: str, **env: str) -> tuple[Ran, dict[str, str]]:
    """The run, and the digests that the manifest gives."""
    profile = out.with_name("few.yaml")
    profile.write_text(PROFILE, encoding="utf-8")
    options = ("--target", target, "--profile", profile, "--calibration", videos, "--out", out)
    ran = edgeconv("export", source, *options, **env)
    files = json.loads((out / "manifest.json").read_text())["files"]
    digests = {name: (f["sha256"] if isinstance(f, dict) else f) for name, f in files.items()}
    assert {n: hashlib.sha256((out / n).read_bytes()).hexdigest() for n in digests} == digests
    return ran, digests


def failed(out: Path) -> list[str]:
    report = json.loads((out / "report.json").read_text())
    return [f"{g['name']}: {g['detail']}" for g in report["gates"] if not g["passed"] and g["name"].startswith("comp")]


@pytest.mark.nightly
def test_vela_makes_the_file(tiny: str, videos: Path, tmp_path: Path) -> None:
    ran, files = export(tiny, videos, tmp_path / "b", "ethos-u55-64")
    assert ran.code == 0, ran.out
    assert COMPILED in files
    assert failed(tmp_path / "b") == []
    assert "ethos-u-vela 5" in ran.out


def test_vela_4_gets_strips_of_its_own_accord(tiny: str, videos: Path, tmp_path: Path) -> None:
    """The file is for 4.5, so that another Vela leaves it alone and the command is in the bundle."""
    ran, files = export(tiny, videos, tmp_path / "b", "ethos-u55-64@4.5")
    assert COMPILED not in files
    assert ran.code == 0, ran.out
    assert "is installed here, and 4.5 is asked for" in " ".join(ran.out.split())
    report = json.loads((tmp_path / "b" / "report.json").read_text())
    assert report["lowering"]["fold"] == "strip"
    assert report["coverage"][0]["target"] == "ethos-u55-64@4.5"
    assert {o["verdict"] for o in report["coverage"][0]["ops"]} == {"accelerated"}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(
            "print('no memory plan'); sys.exit(3)", "ended with status 3: no memory plan", marks=pytest.mark.nightly
        ),
        ("Path('model_int8_vela.tflite').write_bytes(b'half'); os.kill(os.getpid(), 9)", "killed by SIGKILL"),
    ],
)
def test_vela_at_fault_is_a_failed_gate(tiny: str, videos: Path, tmp_path: Path, body: str, why: str) -> None:
    fake = program(tmp_path / "vela", body, says="5.2.0")
    ran, files = export(tiny, videos, tmp_path / "b", "ethos-u55-64", EDGECONV_VELA=str(fake))
    assert ran.code == 1
    (gate,) = failed(tmp_path / "b")
    assert why in gate
    assert COMPILED not in files
    assert not (tmp_path / "b" / COMPILED).exists()
    assert "compile.sh" in files
