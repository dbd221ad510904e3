"""`edgeconv factorize`: what is told, and that the checkpoint exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_models import dynamic
from cli_tools import TINY, edgeconv


@pytest.fixture
def tiny(tmp_path: Path) -> str:
    (tmp_path / "net.py").write_text(TINY, encoding="utf-8")
    return f"{tmp_path / 'net.py'}:tiny"


def test_factorise_and_lower(tiny: str, tmp_path: Path) -> None:
    ran = edgeconv("factorize", tiny, "--combine", "concat", COLUMNS="100", cwd=tmp_path)
    assert ran.code == 0, ran.err
    for words in (
        "conv",
        "3×3×3",
        "328 → 76",
        "UNTRAINED",
        "parameters  353 → 101 (-71%)",
        "written     tiny_concat.pt",
    ):
        assert words in ran.out, ran.out
    ran = edgeconv("lower", tiny, "--weights", tmp_path / "tiny_concat.pt", "--verify", "--json", cwd=tmp_path)
    assert ran.code == 0, ran.err
    told = json.loads(ran.out)
    assert told["notes"] == ["1 Conv3d are factorised (concat), as the checkpoint says"]
    assert (told["after"]["max_rank"], told["transposes"], told["verification"]["culprits"]) == (4, [], [])


def test_the_same_as_json(tiny: str, tmp_path: Path) -> None:
    ran = edgeconv("factorize", tiny, "--init", "random", "--json", "-o", tmp_path / "made.pt")
    assert (ran.code, ran.err) == (0, "")
    told = json.loads(ran.out)
    assert told["file"] == str(tmp_path / "made.pt")
    assert told["layers"] == [{"name": "conv", "kernel": [3, 3, 3], "parameters": [328, 148], "error": None}]
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "__pycache__") == ["made.pt", "net.py"]


def test_what_cannot_be_factorised(tiny: str, tmp_path: Path) -> None:
    ran = edgeconv("factorize", dynamic(tmp_path / "net.onnx"))
    assert (ran.code, "only the code of a network can be factorised" in ran.err) == (2, True)
    ran = edgeconv("factorize", tiny, "--layer", "classifier", cwd=tmp_path)
    assert (ran.code, "no Conv3d is called 'classifier'; there is conv" in ran.err) == (3, True)
    assert not (tmp_path / "tiny_add.pt").exists()
    assert edgeconv("factorize", tiny, "--combine", "sum").code == 2
