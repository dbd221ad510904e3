"""`edgeconv check` in CI: exit codes, Markdown, damaged and foreign files, speed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_tools import cpu_seconds, edgeconv

sys.path.insert(0, str(Path(__file__).parents[1] / "targets"))

from ethosu_cases import CASES
from ethosu_ops import Const, Data, Single, write

CUSTOM = {"edgetpu-custom-op": "coral", "ethos-u": "ethos-u55-256"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "good.tflite").write_bytes(write({n: CASES[n] for n in ("conv", "add")}))
    (tmp_path / "batch.tflite").write_bytes(write({n: CASES[n] for n in ("conv_batch", "rsqrt")}))
    return tmp_path


def custom(code: str) -> bytes:
    """A file with one custom op; also what a compiler of a device leaves."""
    return write({"y": Single("CUSTOM", [Data((1, 8))], (1, 8), custom=code)})


@pytest.mark.parametrize(
    ("file", "target", "fail_on", "code"),
    [
        ("good", "ethos-u55-256", "fallback", 0),
        ("batch", "ethos-u55-256@4.5", "unsupported", 0),
        ("batch", "ethos-u55-256@4.5", "fallback", 1),
        ("batch", "ethos-u55-256", "fallback", 0),
        ("batch", "ethos-u55-256@3", "unsupported", 2),
    ],
)
def test_exit_codes(files: Path, file: str, target: str, fail_on: str, code: int) -> None:
    assert edgeconv("check", files / f"{file}.tflite", "-t", target, "--fail-on", fail_on).code == code


def test_markdown_on_stdout_and_in_a_file(files: Path) -> None:
    page = files / "summary.md"
    ran = edgeconv("check", files / "batch.tflite", "-t", "ethos-u55-256", "-t", "coral", "--markdown", "-o", page)
    assert ran.code == 0
    assert ran.out == page.read_text()
    assert ran.out.startswith("## ✓ PASSED: batch.tflite on ethos-u55-256, coral")
    assert "### Ops on coral" in ran.out


@pytest.mark.parametrize(
    ("options", "words"),
    [(("--markdown", "--json"), "exclude one another"), (("-o", "no/such.md"), "cannot be written")],
)
def test_wrong_use(files: Path, options: tuple[str, ...], words: str) -> None:
    ran = edgeconv("check", files / "good.tflite", "-t", "coral", *options)
    assert ran.code == 2
    assert words in ran.out + ran.err


@pytest.mark.parametrize("suffix", [".tflite", ".onnx"])
@pytest.mark.parametrize("data", [b"", b"garbage" * 99, None], ids=["empty", "garbage", "cut"])
def test_damaged_files(files: Path, suffix: str, data: bytes | None) -> None:
    path = files / f"bad{suffix}"
    path.write_bytes((files / "good.tflite").read_bytes()[:700] if data is None else data)
    ran = edgeconv("check", path, "-t", "ethos-u85-256", "-t", "coral")
    assert ran.code == 2
    assert "Traceback" not in ran.err
    assert path.name in ran.err


@pytest.mark.parametrize("code", ["FlexErf", "MyOp", *CUSTOM])
def test_custom_ops(files: Path, code: str) -> None:
    (files / "c.tflite").write_bytes(custom(code))
    ran = edgeconv("check", files / "c.tflite", "-t", CUSTOM.get(code, "coral"), "-t", "tflite", "--json")
    assert ran.code == 1
    device, kernels = json.loads(ran.out)["targets"]
    assert (kernels["ops"][0]["verdict"], device["ops"][0]["verdict"]) == (
        "unsupported",
        "accelerated" if code in CUSTOM else "cpu",
    )
    if code in CUSTOM:
        assert device["judged_by"].endswith("that made this file")
    else:
        assert "custom" in kernels["ops"][0]["reasons"][0]


def test_a_file_of_twenty_megabytes_in_two_seconds(tmp_path: Path) -> None:
    filled = np.ones(20_000_000, np.int8)
    dense = Single("FULLY_CONNECTED", [Data((1, 20_000)), Const((1000, 20_000), "int8", filled)], (1, 1000),
                   "FullyConnectedOptions")  # fmt: skip
    (tmp_path / "big.tflite").write_bytes(write({**CASES, "dense_big": dense}))
    began = cpu_seconds()
    options = [o for t in ("tflite", "coral", "ethos-u55-256", "ethos-u85-256@4.5") for o in ("-t", t)]
    ran = edgeconv("check", tmp_path / "big.tflite", *options, "--markdown")
    seconds = cpu_seconds() - began
    assert ran.code == 1  # some ops run on no TFLite kernel
    assert seconds < 2
