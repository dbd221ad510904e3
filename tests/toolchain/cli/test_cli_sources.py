"""Models, checkpoints and clips that cannot be used: the code, the reason, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from cli_models import dynamic, refused
from cli_tools import Exported, edgeconv, write_profile

from edgeconv_models import eco_lite_4d_add


def test_an_operator_without_a_rule_is_named_with_tensor_and_reason(tmp_path: Path) -> None:
    ran = edgeconv("export", refused(tmp_path / "net.onnx"), "-t", "tflite", "--out", tmp_path / "out")
    assert ran.code == 3
    assert "error: " in ran.err
    assert "GridSample 'warped' on [1, 4, 8, 32, 32]: there is no rule for it" in ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["net.onnx"]


def test_dynamic_shapes(tmp_path: Path) -> None:
    ran = edgeconv("export", dynamic(tmp_path / "net.onnx"), "-t", "tflite", "--out", tmp_path / "out")
    assert ran.code == 3
    assert "input 'clip'" in ran.err
    assert "dynamic shape ['batch', 3, 8, 32, 32]" in ran.err
    assert "hint: export it with static shapes" in ran.err


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_file_that_is_no_onnx(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(content)
    ran = edgeconv("export", tmp_path / "net.onnx", "-t", "tflite", cwd=tmp_path)
    assert ran.code == 2
    assert "is not an ONNX" in ran.err


def test_a_factory_that_raises_is_the_users_code(tiny: str, tmp_path: Path) -> None:
    ran = edgeconv("export", tiny.replace(":tiny", ":broken"), "-t", "tflite", cwd=tmp_path)
    assert ran.code == 2
    assert "the network 'broken' cannot be built: RuntimeError: no such luck" in ran.err
    assert "raised in" in ran.err
    assert "net.py:" in ran.err


def test_labels_that_do_not_fit_are_told_before_the_long_stages(tiny: str, videos: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("one\ntwo\n")
    options = ("-t", "tflite", "--calibration", videos, "--labels", tmp_path / "labels.txt")
    ran = edgeconv("export", tiny, *options, cwd=tmp_path)
    assert ran.code == 2
    assert "has 2 lines, but the network has 5 classes" in ran.err
    assert "simplify" not in ran.err


def checkpoint(path: Path, spoil: str) -> Path:
    state = eco_lite_4d_add(num_frames=8, image_size=64, width=0.25, num_classes=11).state_dict()
    if spoil == "keys":
        del state["classifier.bias"]
        state["stranger.weight"] = torch.zeros(3)
        state["classifier.weight"] = torch.zeros(7, 2)
    else:
        state["classifier.bias"][3] = float("nan")
    torch.save(state, path)
    return path


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("keys", ("missing: classifier.bias", "unexpected: stranger.weight", "shape: classifier.weight is (7, 2)")),
        ("values", ("classifier.bias contains NaN",)),
    ],
)
def test_a_checkpoint_that_does_not_fit(spoil: str, said: tuple[str, ...], exported: Exported, tmp_path: Path) -> None:
    weights = checkpoint(tmp_path / "weights.pt", spoil)
    ran = edgeconv(*exported.arguments, "--weights", weights, "--out", tmp_path / "out")
    assert ran.code == 2
    assert all(ran.err.count(part) == 1 for part in said), ran.err
    assert [p.name for p in tmp_path.iterdir()] == ["weights.pt"]


def test_a_plain_networks_checkpoint(tiny: str, videos: Path, tmp_path: Path) -> None:
    torch.save(
        {"conv.weight": torch.zeros(4, 3, 3, 3, 1), "conv.bias": torch.zeros(4), "x": torch.zeros(1)}, tmp_path / "w"
    )
    options = ("-t", "tflite", "--calibration", videos, "--weights", tmp_path / "w")
    ran = edgeconv("export", tiny, *options, cwd=tmp_path)
    assert ran.code == 2
    for part in ("missing: classifier.weight", "unexpected: x", "shape: conv.weight is [4, 3, 3, 3, 1]"):
        assert part in ran.err


def test_a_folder_without_clips(tiny: str, tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    ran = edgeconv("export", tiny, "-t", "tflite", "--calibration", "clips", "--out", "out", cwd=tmp_path)
    assert ran.code == 2
    assert "the folder 'clips' holds no videos" in ran.err
    assert not (tmp_path / "out").exists()


def test_corrupted_clips_are_named_and_too_few_good_ones_are_an_error(tiny: str, videos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    whole = sorted(videos.iterdir())[0].read_bytes()
    (folder / "good.mp4").write_bytes(whole)
    (folder / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    (folder / "noise.mp4").write_bytes(b"noise" * 500)
    profile = write_profile(tmp_path / "two.yaml")
    profile.write_text(profile.read_text().replace("{clips: 4}", "{clips: 4, min_videos: 2}"))
    ran = edgeconv("export", tiny, "-p", profile, "--calibration", folder, "--out", "out", cwd=tmp_path)
    assert ran.code == 2
    assert "has 1 usable video, but at least 2 are needed" in ran.err
    assert "skipped cut.mp4: " in ran.err
    assert "skipped noise.mp4: " in ran.err
    assert not (tmp_path / "out").exists()
