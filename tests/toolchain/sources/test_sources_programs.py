"""Archives of torch.export.save; and files that only look like one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from sources_networks import Tiny
from test_sources_weights import Payload
from torch import nn

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.core.layout import Array
from edgeconv.core.report import InputInfo
from edgeconv.sources import PrepareRequest, SourceSpec, resolve
from edgeconv.sources.torch_worker import describe, prepare

pytestmark = pytest.mark.usefixtures("in_process")
CLIP = torch.zeros(1, 3, 4, 8, 8)


def saved(folder: Path, network: nn.Module, *examples: torch.Tensor, **more: object) -> SourceSpec:
    torch.manual_seed(3)
    path = folder / "program.pt2"
    torch.export.save(torch.export.export(network, examples or (CLIP,), **more), path)
    return resolve(str(path))


def prepared(spec: SourceSpec, folder: Path, clips: Array) -> tuple[onnx.ModelProto, Array, PrepareRequest]:
    np.save(folder / "clips.npy", clips)
    files = (folder / "clips.npy",)
    made = PrepareRequest(
        spec=spec,
        calibration=files,
        verification=files,
        onnx=folder / "m.onnx",
        reference=folder / "torch.npy",
        opset=18,
        threads=1,
    )
    told = prepare(made)
    assert (told.untrained, told.has_reference, told.weights) == (False, True, "as in the .pt2 file")
    assert told.exporter.startswith("torch.onnx (dynamo)")
    return onnx.load(folder / "m.onnx"), np.load(folder / "torch.npy"), made


def test_it_is_run_and_exported_as_it_was_saved(tmp_path: Path, clips: Array) -> None:
    network = Tiny().eval()
    spec = saved(tmp_path, network)
    told = describe(spec)
    assert told.inputs == (InputInfo(name="clip", shape=(1, 3, 4, 8, 8), layout="NCTHW"),)
    assert told.parameters == sum(p.numel() for p in network.parameters())
    model, reference, _ = prepared(spec, tmp_path, clips)
    with torch.no_grad():
        expected = np.stack([network(torch.from_numpy(c)).numpy() for c in clips])
    np.testing.assert_allclose(reference, expected, rtol=1e-5, atol=1e-5)
    assert ([i.name for i in model.graph.input], [o.name for o in model.graph.output]) == (["clip"], ["logits"])


def test_a_dynamic_batch_takes_the_shape_of_the_example(tmp_path: Path, clips: Array) -> None:
    """Or the shape that the user gives."""
    batch = {0: torch.export.Dim("batch")}
    spec = saved(tmp_path, Tiny().eval(), torch.zeros(2, 3, 4, 8, 8), dynamic_shapes=(batch,))
    assert describe(spec).inputs[0].shape == (2, 3, 4, 8, 8)
    chosen = resolve(spec.text, input_shape=(3, 3, 4, 8, 8))
    model, reference, _ = prepared(chosen, tmp_path, np.concatenate([clips] * 3, 1)[:2])
    assert reference.shape == (2, 3, 5)
    ends = [*model.graph.input, *model.graph.output]
    assert [[d.dim_value for d in e.type.tensor_type.shape.dim] for e in ends] == [[3, 3, 4, 8, 8], [3, 5]]


def test_training_mode_is_refused(tmp_path: Path) -> None:
    spec = saved(tmp_path, nn.Sequential(Tiny(), nn.Dropout(0.5)).train())
    with pytest.raises(ModelError, match="was exported in training mode") as caught:
        describe(spec)
    assert len(caught.value.reasons) == 2
    assert "eval()" in (caught.value.hint or "")


@pytest.mark.parametrize("data", [b"", b"garbage" * 50, b"PK\x03\x04 a zip that ends early"])
def test_a_file_that_is_no_archive(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "p.pt2").write_bytes(data)
    with pytest.raises(UsageError, match=r"is not an archive of torch\.export\.save"):
        describe(resolve(str(tmp_path / "p.pt2")))


def test_a_checkpoint_is_called_one(tmp_path: Path) -> None:
    torch.save(Tiny().state_dict(), tmp_path / "p.pt2")
    with pytest.raises(UsageError, match="is a TorchScript file or a checkpoint, not an archive"):
        describe(resolve(str(tmp_path / "p.pt2")))


def rewritten(path: Path, change: dict[str, bytes]) -> None:
    """The same archive with members replaced or added (uncompressed, as torch reads them)."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    root = next(iter(members)).split("/")[0]
    members |= {f"{root}/{name}": data for name, data in change.items()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def test_an_archive_of_another_version(tmp_path: Path) -> None:
    spec = saved(tmp_path, Tiny().eval())
    rewritten(Path(spec.location), {"models/model.json": b'{"schema_version": {"major": 999, "minor": 1}}'})
    with pytest.raises(UsageError, match="cannot be read by torch") as caught:
        describe(spec)
    assert "another version of torch" in (caught.value.hint or "")
    assert caught.value.reasons


@pytest.mark.parametrize("member", ["data/constants/custom_obj_0", "data/constants/opaque_obj_0"])
def test_pickled_objects_are_refused_unread(tmp_path: Path, member: str) -> None:
    spec = saved(tmp_path, Tiny().eval())
    rewritten(Path(spec.location), {member: b"cos\nsystem\n(S'false'\ntR."})
    with pytest.raises(UsageError, match="holds pickled objects") as caught:
        describe(spec)
    assert any(member in reason for reason in caught.value.reasons)


def test_code_among_the_example_inputs_is_not_run(tmp_path: Path) -> None:
    spec, mark = saved(tmp_path, Tiny().eval()), tmp_path / "ran"
    torch.save(((Payload(mark),), {}), tmp_path / "inputs.pt")
    rewritten(Path(spec.location), {"data/sample_inputs/model.pt": (tmp_path / "inputs.pt").read_bytes()})
    with pytest.raises(UsageError, match="cannot be read by torch"):
        describe(spec)
    assert not mark.exists()


class Bins(nn.Module):
    """Pools that no exporter takes: 7 columns into 3, a divisor of its own."""

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        pooled = nn.functional.adaptive_avg_pool3d(clip, (None, 2, 3))
        return pooled + nn.functional.avg_pool3d(pooled, (1, 1, 1), divisor_override=3)


def test_what_exporters_cannot_do_is_rewritten(tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(5)
    clips = torch.rand(2, 1, 3, 4, 6, 7, generator=random)
    spec = saved(tmp_path, Bins(), torch.zeros(1, 3, 4, 6, 7))
    _, reference, made = prepared(spec, tmp_path, clips.numpy())
    session = onnxruntime.InferenceSession(made.onnx)
    for clip, expected in zip(clips, reference, strict=True):
        got = session.run(None, {session.get_inputs()[0].name: clip.numpy()})[0]
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)
