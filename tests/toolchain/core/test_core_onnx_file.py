"""Large models: weights beside the file, the model in memory untouched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from lowering_cases import Weights, model, node, run_onnx

from edgeconv.core.onnx_file import save_onnx

X = Weights(2).clip(4, 30)


def made() -> onnx.ModelProto:
    w = Weights(1)
    nodes = [node("MatMul", ["x", "big"], ["a"]), node("Add", ["a", "small"], ["y"])]
    return model(nodes, {"x": (4, 30)}, ["y"], {"big": w(30, 40), "small": w(40)})


@pytest.mark.parametrize("limit", [0, 2**31])
def test_written_and_read_back(tmp_path: Path, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (want,) = run_onnx(made(), {"x": X})
    big = made()
    for _ in range(2):  # a second time over the first
        save_onnx(big, Path("m.onnx"), limit)
        assert (run_onnx(big, {"x": X})[0] == want).all()
    assert [p.name for p in sorted(tmp_path.iterdir())] == (["m.onnx", "m.onnx.data"] if limit == 0 else ["m.onnx"])
    (got,) = run_onnx(onnx.load(tmp_path / "m.onnx"), {"x": X})
    assert (np.asarray(got) == want).all()


def test_small_tensors_stay_in_the_file(tmp_path: Path) -> None:
    save_onnx(made(), tmp_path / "m.onnx", 0)
    (tmp_path / "m.onnx.data").unlink()
    bare = onnx.load(tmp_path / "m.onnx", load_external_data=False)
    assert {t.name: t.data_location == t.EXTERNAL for t in bare.graph.initializer} == {"big": True, "small": False}
