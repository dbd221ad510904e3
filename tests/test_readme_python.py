"""The Python of the README runs, and names arguments that exist."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import onnx
import pytest

import edgeconv

BLOCKS = re.findall(r"```python\n(.*?)```", (Path(__file__).parents[1] / "README.md").read_text(), re.S)


def test_the_first_block_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made: dict[str, object] = {}
    exec(compile(BLOCKS[0], "README.md", "exec"), made)
    assert made["frames"].shape == (8, 3, 48, 64)  # type: ignore[attr-defined]
    onnx.checker.check_model(onnx.load(tmp_path / "network_4d.onnx"))


@pytest.mark.parametrize("block", BLOCKS)
def test_every_call_names_arguments_that_exist(block: str) -> None:
    calls = [
        node
        for node in ast.walk(ast.parse(block))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("edgeconv.lower", "edgeconv.export")
    ]
    assert calls
    for call in calls:
        function = getattr(edgeconv, ast.unparse(call.func).partition(".")[2])
        inspect.signature(function).bind(*call.args, **{k.arg: k.value for k in call.keywords if k.arg})
