"""The source's child process, once, on a network of the user's own file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from sources_specs import Spec

from edgeconv.core.errors import UsageError
from edgeconv.core.layout import Array
from edgeconv.sources import Description, InputInfo, Prepared, PrepareRequest, SourceSession, open_source


@dataclass
class Whole:
    description: Description
    prepared: Prepared
    folder: Path
    peak_mib: float
    refusal: UsageError


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, spec: Spec, clips: Array) -> Iterator[Whole]:
    """Describe and prepare; and a wrong request in between, which the child outlives."""
    folder = tmp_path_factory.mktemp("session")
    np.save(folder / "calibration.npy", clips)
    np.save(folder / "verification.npy", clips[:2])
    tiny = spec("tiny", classes="3")
    with open_source(tiny, threads=1) as session:
        assert isinstance(session, SourceSession)
        described = session.describe()
        session.spec = spec("tiny", clases="3")
        with pytest.raises(UsageError) as caught:
            session.describe()
        prepared = session.prepare(
            PrepareRequest(
                spec=tiny,
                calibration=(folder / "calibration.npy",),
                verification=(folder / "verification.npy",),
                onnx=folder / "model.onnx",
                reference=folder / "torch.npy",
                opset=18,
                threads=1,
            )
        )
        yield Whole(described.value, prepared.value, folder, prepared.peak_mib, caught.value)


def test_description(whole: Whole) -> None:
    told = whole.description
    assert told.inputs == (InputInfo(name="clip", shape=(1, 3, 4, 8, 8), layout="NCTHW"),)
    assert told.parameters == (4 * 3 * 27 + 4) + 8 + (4 * 3 + 3)
    assert told.macs == 4 * 3 * 27 * 4 * 8 * 8 + 4 * 3
    assert told.summary == "A tiny network of one convolution."


def test_a_refusal_comes_across_as_it_was_raised(whole: Whole) -> None:
    assert "takes no argument 'clases'" in whole.refusal.message
    assert whole.refusal.hint == "did you mean 'classes'?"


def test_what_was_prepared(whole: Whole) -> None:
    told = whole.prepared
    assert told.untrained
    assert told.weights.startswith("UNTRAINED: seeded random weights (seed 0)")
    assert told.exporter.startswith("torch.onnx (torchscript), torch 2.")
    assert told.has_reference
    assert told.notes == ()
    assert whole.peak_mib > 50


def test_the_export_is_static_and_gives_what_pytorch_gave(whole: Whole, clips: Array) -> None:
    model = onnx.load(whole.folder / "model.onnx")
    onnx.checker.check_model(model)
    assert model.opset_import[0].version == 18
    assert [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim] == [1, 3, 4, 8, 8]
    reference = np.load(whole.folder / "torch.npy")
    assert (reference.shape, reference.dtype) == ((2, 1, 3), np.float32)
    session = onnxruntime.InferenceSession(str(whole.folder / "model.onnx"), providers=["CPUExecutionProvider"])
    for clip, expected in zip(clips, reference, strict=False):
        np.testing.assert_allclose(session.run(None, {"clip": clip})[0], expected, rtol=1e-4, atol=1e-5)
