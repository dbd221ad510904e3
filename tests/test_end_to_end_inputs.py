"""The whole road for networks of several inputs and outputs, judged from the delivered files alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgeconv import pipeline, sources
from edgeconv.profiles import ClipsProfile, ParityProfile, load_profile
from edgeconv.runner import run as runner
from edgeconv.video.synthetic import write_synthetic

NETWORKS = '''
import torch
from torch import nn

class Paths(nn.Module):
    """Slow and fast frames of one clip, fused along channels; a mask and scores."""

    def __init__(self):
        super().__init__()
        self.slow = nn.Conv3d(3, 8, 3, stride=(1, 2, 2), padding=1)
        self.fast = nn.Conv3d(3, 4, (5, 3, 3), stride=(4, 2, 2), padding=(2, 1, 1))
        self.fused = nn.Conv3d(12, 6, 3, padding=1)
        self.head = nn.Linear(6, 5)

    def forward(self, paths):
        slow, fast = paths
        fused = self.fused(torch.cat([self.slow(slow).relu(), self.fast(fast).relu()], 1)).relu()
        return {"scores": self.head(fused.mean((2, 3, 4))), "mask": fused}

def slowfast():
    torch.manual_seed(0)
    return Paths(), [torch.zeros(1, 3, 2, 24, 32), torch.zeros(1, 3, 8, 24, 32)]

class Volume(nn.Module):
    """Two modalities of a volume and a vector of facts about it."""

    input_shapes = {"volume": (1, 2, 4, 12, 10), "facts": (1, 7)}

    def __init__(self):
        super().__init__()
        self.conv, self.gate, self.out = nn.Conv3d(2, 8, 3, padding=1), nn.Linear(7, 8), nn.Linear(8, 6)

    def forward(self, volume, facts):
        return self.out(self.conv(volume).relu().mean((2, 3, 4)) * self.gate(facts).sigmoid())

def volume():
    torch.manual_seed(0)
    return Volume()
'''


def exported(folder: Path, network: str, calibration: Path | None = None) -> tuple[pipeline.ExportResult, Any]:
    (folder / "nets.py").write_text(NETWORKS)
    few = ClipsProfile(clips=4)
    loose = ParityProfile(int8_cosine_mean=0.9, int8_cosine_min=0.8, max_saturated=0.5)
    profile = load_profile("tflite").model_copy(update={"calibration": few, "verification": few, "parity": loose})
    spec = sources.resolve(f"{folder / 'nets.py'}:{network}")
    result = pipeline.export(pipeline.ExportRequest(spec, profile, folder / "out", calibration))
    return result, json.loads((result.bundle / "manifest.json").read_text())


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> tuple[pipeline.ExportResult, Any]:
    return exported(tmp_path_factory.mktemp("paths"), "slowfast")


def test_every_gate_holds_and_every_output_is_compared(paths: tuple[pipeline.ExportResult, Any]) -> None:
    report = paths[0].report
    assert report.failed_gates == ()
    for pair in report.parity:
        assert list(pair.outputs) == ["scores", "mask"]
        assert pair.worst.cosine == pytest.approx(min(m.cosine for m in pair.outputs.values()))
        assert (pair.outputs["scores"].top1, pair.outputs["mask"].top1) != (None, None)
        assert pair.outputs["mask"].top1 is None
    assert [(i.name, i.shape) for i in report.source.inputs] == [
        ("paths_0", (1, 3, 2, 24, 32)),
        ("paths_1", (1, 3, 8, 24, 32)),
    ]


def test_the_pages_tell_all_inputs_and_outputs(paths: tuple[pipeline.ExportResult, Any]) -> None:
    for page in ("report.html", "report.md"):
        text = (paths[0].bundle / page).read_text()
        assert "1×3×2×24×32" in text
        assert "1×3×8×24×32" in text
        assert "output scores" in text
        assert "output mask" in text


def test_the_manifest_says_how_each_path_is_filled(paths: tuple[pipeline.ExportResult, Any]) -> None:
    slow, fast = paths[1]["inputs"]
    assert (slow["shape"], fast["shape"]) == ([2, 24, 32, 3], [8, 24, 32, 3])
    assert {slow["layout"], fast["layout"]} == {"frames, height, width, channels"}
    assert (slow["pixels"]["frames"], slow["pixels"]["clip_frames"], fast["pixels"]["frames"]) == (2, 8, 8)
    assert slow["pixels"]["sampling"].endswith("of these 8 frames: 0, 7")
    golden = [np.load(paths[0].bundle / name) for name in paths[1]["golden"][0]["inputs"]]
    real = [(q.astype(float) - i["zero_point"]) * i["scale"] for q, i in zip(golden, (slow, fast), strict=True)]
    np.testing.assert_allclose(real[0], real[1][[0, 7]], atol=slow["scale"] + fast["scale"])


def test_golden_vectors_hold_for_every_input_and_output(paths: tuple[pipeline.ExportResult, Any]) -> None:
    result, manifest = paths
    interpreter = Interpreter(str(result.bundle / "model_int8.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    for vector in manifest["golden"]:
        for detail, name in zip(interpreter.get_input_details(), vector["inputs"], strict=True):
            interpreter.set_tensor(detail["index"], np.load(result.bundle / name))
        interpreter.invoke()
        for detail, name in zip(interpreter.get_output_details(), vector["outputs"], strict=True):
            expected = np.load(result.bundle / name).astype(int)
            assert np.abs(interpreter.get_tensor(detail["index"]) - expected).max() <= vector["tolerance_lsb"]
            assert np.ptp(expected) > 20


def test_the_runner_fills_both_paths_from_one_video(paths: tuple[pipeline.ExportResult, Any], tmp_path: Path) -> None:
    """The golden inputs come out of the video that they were taken from, and both outputs come back."""
    write_synthetic(tmp_path, "verification", 4, seed=0)
    bundle = runner.Bundle(paths[0].bundle)
    vector = paths[1]["golden"][0]
    values = runner.read_values(tmp_path / vector["clip"].partition("#")[0], bundle)
    for value, meaning, name in zip(values, bundle.inputs, vector["inputs"], strict=True):
        np.testing.assert_array_equal(
            runner.arranged(value, meaning, np.dtype("int8")), np.load(paths[0].bundle / name)
        )
    network = runner.open_whole(bundle, runner.Settings())
    shapes = [output.shape for output in runner.answer(bundle, network, values)]
    assert shapes == [tuple(output["shape"]) for output in paths[1]["outputs"]]


def test_ready_samples_calibrate_what_no_video_can_fill(tmp_path: Path) -> None:
    random, folder = np.random.default_rng(0), tmp_path / "samples"
    folder.mkdir()
    for number in range(8):
        volume = random.normal(size=(1, 2, 4, 12, 10)) * 50 + number
        np.savez(folder / f"case{number}.npz", volume=volume, facts=random.normal(size=7))
    (folder / "broken.npz").write_bytes(b"broken")
    result, manifest = exported(tmp_path, "volume", folder)
    assert [g for g in result.report.failed_gates if "cosine" in g.name or "relative" in g.name] == []
    calibration, verification = result.report.clip_sets
    assert (calibration.ready, calibration.origin, verification.origin) == (True, "samples", "samples (held out)")
    assert [s.name for s in calibration.skipped] == ["broken.npz"]
    assert not any("synthetic" in w for w in result.report.warnings)
    assert "ready sample" in (result.bundle / "report.html").read_text()
    volume, facts = manifest["inputs"]
    assert (volume["pixels"], facts["pixels"]) == (None, None)
    assert (volume["name"], facts["name"], facts["layout"]) == ("volume", "facts", "as in the source")
    bundle = runner.Bundle(result.bundle)
    values = runner.read_values(folder / manifest["golden"][0]["clip"], bundle)
    for value, meaning, name in zip(values, bundle.inputs, manifest["golden"][0]["inputs"], strict=True):
        np.testing.assert_array_equal(runner.arranged(value, meaning, np.dtype("int8")), np.load(result.bundle / name))
    with pytest.raises(runner.Stop, match=r"takes no pictures, but volume \[1, 2, 4, 12, 10\]"):
        runner.read_values(folder, bundle)
    assert volume["scale"] * 255 == pytest.approx(np.ptp(_seen(folder, calibration, "volume")), rel=0.02)


def _seen(folder: Path, calibration: Any, name: str) -> np.ndarray:
    return np.stack([np.load(folder / clip.name)[name] for clip in calibration.clips])
