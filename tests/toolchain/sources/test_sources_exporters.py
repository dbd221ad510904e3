"""Where the first exporter fails the second is tried; where both fail both reasons are told."""

from __future__ import annotations

import dataclasses
import errno
import warnings
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
import torch
from sources_networks import Tiny

from edgeconv.core.errors import ModelError
from edgeconv.sources import exporters

CLIP = torch.zeros(1, 3, 4, 8, 8)


def tiny() -> exporters.Subject:
    return exporters.subject_of(Tiny().eval(), (CLIP,))


def fail(monkeypatch: pytest.MonkeyPatch, *errors: Exception) -> list[bool]:
    """The first exporters fail with these; returns which were tried (dynamo or not)."""
    real, tried = exporters._export, []

    def export(subject: exporters.Subject, path: Path, opset: int, dynamo: bool) -> None:
        tried.append(dynamo)
        if len(tried) <= len(errors):
            path.write_bytes(b"half a file")
            raise errors[len(tried) - 1]
        # TorchScript stands in for either: what is tested is the order, not dynamo (which takes seconds).
        real(subject, path, opset, False)

    monkeypatch.setattr(exporters, "_export", export)
    return tried


def test_the_first_does_it(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        name, notes = exporters.export(tiny(), tmp_path / "m.onnx", 17)
    assert name == f"torch.onnx (torchscript), torch {torch.__version__}"
    assert notes == ()
    assert caught == []
    assert capfd.readouterr() == ("", "")
    model = onnx.load(tmp_path / "m.onnx")
    assert model.opset_import[0].version == 17
    assert ([i.name for i in model.graph.input], [o.name for o in model.graph.output]) == (["clip"], ["logits"])


def test_the_second_says_why_the_first_did_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fail(monkeypatch, RuntimeError("aten::grid_sampler\n   is not supported"))
    name, notes = exporters.export(tiny(), tmp_path / "m.onnx", 18)
    assert tried == [False, True]
    assert name.startswith("torch.onnx (dynamo)")
    assert notes == ("the torchscript exporter: RuntimeError: aten::grid_sampler is not supported",)
    assert onnx.load(tmp_path / "m.onnx").graph.node


def test_both_reasons_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fail(monkeypatch, RuntimeError("first"), TypeError("x" * 1000))
    with pytest.raises(ModelError, match="cannot export") as caught:
        exporters.export(tiny(), tmp_path / "m.onnx", 18)
    assert tried == [False, True]
    assert caught.value.reasons == (
        "torchscript exporter: RuntimeError: first",
        "dynamo exporter: TypeError: " + "x" * 400,
    )


def test_a_full_disk_is_not_the_exporters_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = fail(monkeypatch, OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(OSError, match="No space"):
        exporters.export(tiny(), tmp_path / "m.onnx", 18)
    assert tried == [False]


def broken_by(monkeypatch: pytest.MonkeyPatch, *writers: object) -> None:
    """What the exporters write, one after the other: a network, or bytes."""
    real, left = exporters._export, list(writers)

    def export(subject: exporters.Subject, path: Path, opset: int, dynamo: bool) -> None:  # noqa: ARG001
        written = left.pop(0)
        if isinstance(written, bytes):
            path.write_bytes(written)
        else:
            real(dataclasses.replace(subject, network=written), path, opset, False)

    monkeypatch.setattr(exporters, "_export", export)


class Off(Tiny):
    """Gives what Tiny gives, and a little more."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        return super().forward(clip) + self.by


def seeded(make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    torch.manual_seed(0)
    return make().eval()


def test_a_graph_that_does_not_run_goes_to_the_other_exporter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = exporters.subject_of(seeded(Tiny), (CLIP,))
    broken_by(monkeypatch, b"no graph", seeded(Tiny))
    name, notes = exporters.export(subject, tmp_path / "m.onnx", 18)
    assert "(dynamo)" in name
    assert notes[0].startswith("the torchscript exporter: ")
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]


def test_a_graph_that_gives_something_else_goes_to_the_other_exporter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = exporters.subject_of(seeded(Tiny), (CLIP,))
    broken_by(monkeypatch, seeded(lambda: Off(0.1)), seeded(Tiny))
    name, notes = exporters.export(subject, tmp_path / "m.onnx", 18)
    assert "(dynamo)" in name
    assert "of the output's scale away from PyTorch" in notes[0]
    assert exporters.difference(tmp_path / "m.onnx", subject) < 1e-5


def test_of_two_graphs_that_differ_the_nearer_is_taken_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = exporters.subject_of(seeded(Tiny), (CLIP,))
    broken_by(monkeypatch, seeded(lambda: Off(0.1)), seeded(lambda: Off(10.0)))
    name, notes = exporters.export(subject, tmp_path / "m.onnx", 18)
    assert "(torchscript)" in name
    assert len(notes) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]


def test_other_shapes_are_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = exporters.subject_of(seeded(Tiny), (CLIP,))
    broken_by(monkeypatch, seeded(lambda: Tiny(7)), b"")
    with pytest.raises(ModelError) as caught:
        exporters.export(subject, tmp_path / "m.onnx", 18)
    assert "it gives [1, 7], PyTorch gives [1, 5]" in caught.value.reasons[0]


def test_of_long_advice_only_what_happened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    advice = (
        "\x1b[96mThis is step 3/3\x1b[0m. Next steps: many\n\n## Exception summary\n\n<class 'x.y.DispatchError'>: No "
    )
    fail(
        monkeypatch, RuntimeError("first"), TypeError(advice + "function\n⬆️\n\n(Refer to the full stack trace above.)")
    )
    with pytest.raises(ModelError) as caught:
        exporters.export(tiny(), tmp_path / "m.onnx", 18)
    assert caught.value.reasons[1] == "dynamo exporter: TypeError: No function"
