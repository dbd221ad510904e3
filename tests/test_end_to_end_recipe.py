"""A network that int8 does not hold: advice in the report, and the recipe that brings it over the thresholds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from edgeconv import bundle, pipeline, sources
from edgeconv.core.errors import UsageError
from edgeconv.profiles import ClipsProfile, ExportProfile, RecipeProfile, load_profile

NETWORK = '''
import torch
from torch import nn

class Cancelling(nn.Module):
    """What it answers is the small part of a sum, whose large part is taken off again."""

    input_shapes = {"x": (1, 3, 4, 10, 12)}

    def __init__(self):
        super().__init__()
        self.large, self.small = (nn.Conv3d(3, 5, (3, 1, 3), padding=(1, 0, 1)) for _ in range(2))
        self.out = nn.Conv3d(5, 7, (1, 3, 1), bias=False)

    def forward(self, x):
        large = self.large(x) * 200
        return self.out(large + self.small(x) - large).mean(2)

def cancelling():
    torch.manual_seed(0)
    return Cancelling()
'''


def export(folder: Path, **recipe: object) -> pipeline.ExportResult:
    (folder / "net.py").write_text(NETWORK)
    samples = folder / "samples"
    samples.mkdir()
    for i in range(8):
        rng = np.random.default_rng([7, i])
        np.savez(samples / f"{i}.npz", x=rng.standard_normal((1, 3, 4, 10, 12)).astype(np.float32))
    few = ClipsProfile(clips=4)
    asked = {"allowed": ("int16", "float32"), **recipe}
    profile = load_profile("tflite").model_copy(
        update={"calibration": few, "verification": few, "check_targets": (), "recipe": RecipeProfile(**asked)}
    )
    spec = sources.resolve(f"{folder / 'net.py'}:cancelling")
    return pipeline.export(pipeline.ExportRequest(spec, profile, folder / "out", samples))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> pipeline.ExportResult:
    return export(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> pipeline.ExportResult:
    return export(tmp_path_factory.mktemp("searched"), auto=True)


def test_int8_fails_and_the_report_says_what_would_help(plain: pipeline.ExportResult) -> None:
    report = plain.report
    assert {g.name.rpartition(" ")[2] for g in report.failed_gates} >= {"mean", "min"}
    assert report.recipe is not None
    assert not report.recipe.delivered
    assert report.recipe.reached
    assert report.recipe.int16
    assert not report.recipe.float32
    assert f"--int16 {report.recipe.int16[0]}" in (plain.bundle / "report.md").read_text().replace("\\", "")


def test_the_search_delivers_what_it_advises(plain: pipeline.ExportResult, searched: pipeline.ExportResult) -> None:
    assert searched.report.failed_gates == ()
    assert plain.report.recipe is not None
    assert searched.report.recipe is not None
    assert searched.report.recipe.delivered
    assert searched.report.recipe.int16 == plain.report.recipe.int16
    first, last = searched.report.recipe.trials[0], searched.report.recipe.trials[-1]
    assert (first.precision, first.tensors) == ("", 0)
    assert first.cosine_mean < 0.95 < max(t.cosine_mean for t in searched.report.recipe.trials)
    assert last.precision == "int16"


def test_the_file_has_these_tensors_in_int16_and_no_others_in_anything_but_int8(
    searched: pipeline.ExportResult,
) -> None:
    interpreter = Interpreter(str(searched.bundle / "model_int8.tflite"), num_threads=1)
    interpreter.allocate_tensors()
    held = {d["name"]: d["dtype"] for d in interpreter.get_tensor_details() if d["name"]}
    assert searched.report.recipe is not None
    assert all(held[name] == np.int16 for name in searched.report.recipe.int16)
    wide = {n for n, dtype in held.items() if dtype not in (np.int8, np.int32)}
    borders = {n for n in wide if n.endswith(("/int16", "/float32", "/bias")) or "/const" in n}
    assert {n for n in wide - borders if held[n] != np.int16} == set()
    ends = (*interpreter.get_input_details(), *interpreter.get_output_details())
    assert {d["dtype"] for d in ends} == {np.int8}


def test_the_bundle_proves_itself(searched: pipeline.ExportResult) -> None:
    assert bundle.inspect_bundle(searched.bundle).findings == ()


def test_a_recipe_by_name_is_what_the_search_made(searched: pipeline.ExportResult, tmp_path: Path) -> None:
    assert searched.report.recipe is not None
    named = export(tmp_path, int16=searched.report.recipe.int16)
    a, b = (r.bundle / "model_int8.tflite" for r in (named, searched))
    assert a.read_bytes() == b.read_bytes()
    assert named.report.recipe is not None
    assert (named.report.recipe.searched, named.report.recipe.trials) == (False, ())


@pytest.mark.parametrize(
    ("target", "recipe", "fold", "told"),
    [
        ("coral", {"int16": ("x",)}, "frames", "8 bits only"),
        ("coral", {"auto": True}, "frames", "nothing to try"),
        ("tflite", {"allowed": ("int16",), "float32": ("a", "b")}, "frames", "float32: a, b"),
        ("tflite", {"auto": True, "allowed": ("int16",)}, "strip", "strip fold"),
    ],
)
def test_what_a_target_does_not_take_is_refused_before_anything_is_built(
    target: str, recipe: dict[str, object], fold: str, told: str, tmp_path: Path
) -> None:
    profile: ExportProfile = load_profile(target)
    changes = {"recipe": profile.recipe.model_copy(update=recipe), "fold": fold}
    spec = sources.SourceSpec(text="x", kind="onnx file", location="x")
    with pytest.raises(UsageError) as caught:
        pipeline.export(pipeline.ExportRequest(spec, profile.model_copy(update=changes), tmp_path / "out"))
    assert told in " ".join((caught.value.message, *caught.value.reasons))
    assert not (tmp_path / "out").exists()
