"""The Python interface on modules, models and files; answers are judged by PyTorch and ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from lowering_cases import Array, Weights, model, node
from torch import nn

import edgeconv
from edgeconv.core.errors import EdgeconvError, ModelError, UsageError
from edgeconv.core.summary import ModelSummary
from edgeconv.inspection import inspect_file
from edgeconv.lowered_model import LoweredModel
from edgeconv.profiles import load_profile

CLIP = (2, 3, 4, 12, 10)


class Network(nn.Module):
    """Stem, temporal convolution, norm, and an output that stays a clip."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem = nn.Conv3d(3, 8, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1))
        self.norm = nn.BatchNorm3d(8)
        self.time = nn.Conv3d(8, 5, (3, 1, 1), padding=(1, 0, 0))

    def forward(self, clip: torch.Tensor) -> torch.Tensor:
        return self.time(self.norm(self.stem(clip)).relu())


class TwoRates(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.slow, self.fast = nn.Conv3d(3, 4, 1), nn.Conv3d(3, 4, (2, 1, 1), stride=(2, 1, 1))

    def forward(self, slow: torch.Tensor, fast: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.slow(slow) + self.fast(fast), self.slow(slow).mean((2, 3, 4))


def clip(*shape: int, seed: int = 0) -> Array:
    return Weights(seed).clip(*shape)


def answer(lowered: LoweredModel, **inputs: Array) -> list[Array]:
    session = onnxruntime.InferenceSession(lowered.onnx.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [p.name for p in lowered.outputs]
    got = session.run(names, {n: lowered.to_physical(a, n) for n, a in inputs.items()})
    return [lowered.to_logical(a, n) for n, a in zip(names, got, strict=True)]


def summary(lowered: LoweredModel, folder: Path) -> ModelSummary:
    lowered.save(folder / "saved.onnx")
    return inspect_file(folder / "saved.onnx")


def test_a_module_is_lowered_and_verified(tmp_path: Path) -> None:
    network = Network().train()
    lowered = edgeconv.lower(network, example_inputs=torch.zeros(CLIP), verify=True, threads=1)
    assert network.training
    found = summary(lowered, tmp_path)
    assert (found.max_rank, found.count("Transpose"), lowered.transposes) == (4, 0, ())
    assert lowered.rules["Conv"] == 2
    assert "torch.onnx" in lowered.exporter
    assert lowered.verification is not None
    assert lowered.verification.passed
    x = clip(*CLIP)
    (got,) = answer(lowered, clip=x)
    want = network.eval()(torch.from_numpy(x)).detach().numpy()
    assert np.abs(got - want).max() <= 1e-5 * np.abs(want).max()


def test_several_inputs_and_outputs_by_name() -> None:
    network = TwoRates()
    lowered = edgeconv.lower(network, input_shapes=[(1, 3, 2, 6, 5), (1, 3, 4, 6, 5)], threads=1, simplify=False)
    slow, fast = clip(1, 3, 2, 6, 5), clip(1, 3, 4, 6, 5, seed=1)
    wanted = [t.detach().numpy() for t in network(torch.from_numpy(slow), torch.from_numpy(fast))]
    for got, want in zip(answer(lowered, slow=slow, fast=fast), wanted, strict=True):
        assert np.abs(got - want).max() <= 1e-5 * np.abs(want).max()
    with pytest.raises(UsageError, match="there are 2 inputs") as several:
        lowered.to_physical(slow)
    assert several.value.hint == "name one of slow, fast"
    with pytest.raises(UsageError, match="there is no input 'slw'") as unknown:
        lowered.to_physical(slow, "slw")
    assert "slow" in str(unknown.value.hint)
    with pytest.raises(UsageError, match=r"input 'fast' is \[1, 3, 4, 6, 5\], not \[1, 3, 2, 6, 5\]"):
        lowered.to_physical(slow, "fast")
    with pytest.raises(UsageError, match=r"in the file, not \[7\]"):
        lowered.to_logical(np.zeros(7), lowered.outputs[0].name)


def hand_made() -> onnx.ModelProto:
    return model([node("Conv", ["x", "k"], ["y"])], {"x": CLIP}, ["y"], {"k": Weights()(5, 3, 2, 3, 1)})


def test_a_model_in_memory_and_its_file_give_the_same(tmp_path: Path) -> None:
    onnx.save(hand_made(), tmp_path / "made.onnx")
    by_file = edgeconv.lower(tmp_path / "made.onnx", threads=1, simplify=False)
    by_text = edgeconv.lower(str(tmp_path / "made.onnx"), layouts="NCTHW", threads=1, opset=20, simplify=False)
    in_memory = edgeconv.lower(hand_made(), threads=1, simplify=False)
    assert in_memory.onnx.SerializeToString() == by_file.onnx.SerializeToString()
    assert by_text.onnx.opset_import[0].version == 20
    assert in_memory.verification is None
    assert in_memory.inputs[0].physical == (8, 3, 12, 10)


def test_a_file_of_factories_with_options(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\ndef make(width, kind):\n    assert kind == 'plain'\n    return torch.nn.Conv3d(3, width, 2)\n"
    )
    lowered = edgeconv.lower(
        f"{tmp_path / 'net.py'}:make",
        input_shapes=CLIP,
        options={"width": 7, "kind": "plain"},
        threads=1,
        simplify=False,
    )
    assert lowered.outputs[0].logical == (2, 7, 3, 11, 9)


def test_a_lowered_model_lowers_to_itself(tmp_path: Path) -> None:
    once = edgeconv.lower(hand_made(), threads=1, simplify=False)
    twice = edgeconv.lower(once.onnx, threads=1, simplify=False)
    assert twice.inputs[0].physical == twice.inputs[0].logical == once.inputs[0].physical
    assert summary(twice, tmp_path).histogram == summary(once, tmp_path).histogram


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        (lambda: edgeconv.lower(17), UsageError, "a int is no model"),
        (lambda: edgeconv.lower("no-such-model"), UsageError, "there is no model 'no-such-model'"),
        (lambda: edgeconv.lower(Network()), UsageError, "input shape of 'Network' is not known"),
        (lambda: edgeconv.lower(hand_made(), example_inputs=1), UsageError, "are for a torch.nn.Module"),
        (lambda: edgeconv.lower(onnx.ModelProto()), UsageError, "'the model in memory' is not an ONNX model"),
        (lambda: edgeconv.lower(nn.LSTM(3, 4), input_shapes=(2, 5, 3)), ModelError, "cannot be lowered"),
        (lambda: edgeconv.export(Network(), out="b", target="nothing"), UsageError, "no target 'nothing'"),
        (lambda: edgeconv.export(Network(), out="b"), UsageError, "no target was given"),
    ],
)
def test_mistakes_are_named(call: object, kind: type[EdgeconvError], words: str) -> None:
    assert callable(call)
    with pytest.raises(kind, match=words):
        call()


def test_a_module_is_exported_against_pytorch(tmp_path: Path) -> None:
    plain = load_profile("tflite")
    profile = plain.model_copy(
        update={
            "calibration": plain.calibration.model_copy(update={"clips": 2}),
            "verification": plain.verification.model_copy(update={"clips": 2}),
            "parity": plain.parity.model_copy(update={"int8_cosine_mean": 0.3, "int8_cosine_min": -1.0}),
        }
    )
    network = nn.Sequential(
        nn.Conv3d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool3d(1), nn.Flatten(), nn.Linear(8, 5)
    )
    result = edgeconv.export(
        network, out=tmp_path / "bundle", profile=profile, input_shapes=(1, 3, 8, 32, 40), layouts="NCTHW", threads=1
    )
    assert result.report.passed, result.report.failed_gates
    assert result.report.source.name == "Sequential"
    assert not result.report.source.untrained
    assert any("torch" in p.reference.lower() for p in result.report.parity)
    assert (tmp_path / "bundle" / "model_int8.tflite").is_file()
