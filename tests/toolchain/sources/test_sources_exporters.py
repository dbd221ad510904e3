"""Where the first exporter fails the second is tried; where both fail both reasons are told."""

from __future__ import annotations

import errno
import warnings
from pathlib import Path

import onnx
import pytest
import torch
from sources_networks import Tiny

from edgeconv.core.errors import ModelError
from edgeconv.sources import exporters

CLIP = torch.zeros(1, 3, 4, 8, 8)


def fail(monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> list[bool]:
    """The first exporters fail with these; returns which were tried (dynamo or not)."""
    real, tried = exporters._export, []

    def export(network: torch.nn.Module, example: torch.Tensor, path: Path, opset: int, dynamo: bool) -> None:
        tried.append(dynamo)
        if len(tried) <= len(errors):
            path.write_bytes(b"half a file")
            raise errors[len(tried) - 1]
        # TorchScript stands in for either: what is tested is the order, not dynamo (which takes seconds).
        real(network, example, path, opset, False)

    monkeypatch.setattr(exporters, "_export", export)
    return tried


def test_the_first_does_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        name, notes = exporters.export(Tiny().eval(), CLIP, tmp_path / "m.onnx", 17)
    assert name == f"torch.onnx (torchscript), torch {torch.__version__}"
    assert notes == ()
    assert caught == []
    assert capfd.readouterr() == ("", "")
    model = onnx.load(tmp_path / "m.onnx")
    assert model.opset_import[0].version == 17
    assert ([i.name for i in model.graph.input], [o.name for o in model.graph.output]) == (["clip"], ["logits"])


def test_the_second_says_why_the_first_did_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fail(monkeypatch, RuntimeError("aten::grid_sampler\n   is not supported"))
    name, notes = exporters.export(Tiny().eval(), CLIP, tmp_path / "m.onnx", 18)
    assert tried == [False, True]
    assert name.startswith("torch.onnx (dynamo)")
    assert notes == ("the torchscript exporter: RuntimeError: aten::grid_sampler is not supported",)
    assert onnx.load(tmp_path / "m.onnx").graph.node


def test_both_reasons_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fail(monkeypatch, RuntimeError("first"), TypeError("x" * 1000))
    with pytest.raises(ModelError, match="cannot export") as caught:
        exporters.export(Tiny().eval(), CLIP, tmp_path / "m.onnx", 18)
    assert tried == [False, True]
    assert caught.value.reasons == (
        "torchscript exporter: RuntimeError: first",
        "dynamo exporter: TypeError: " + "x" * 300,
    )


def test_a_full_disk_is_not_the_exporters_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fail(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(OSError, match="No space"):
        exporters.export(Tiny().eval(), CLIP, tmp_path / "m.onnx", 18)
    assert tried == [False]
