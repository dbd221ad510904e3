"""How the files of a bundle are fed from a clip, and what cannot be fed from videos."""

from __future__ import annotations

from itertools import permutations
from pathlib import Path

import pytest

from edgeconv import sources
from edgeconv.bundle import Manifest
from edgeconv.core.errors import UsageError
from edgeconv.profiles import VideoProfile
from edgeconv.steps.evaluating import _labels, _merges, _order, bundle_subject, source_subject

CLIP = (1, 3, 5, 7, 11)


@pytest.mark.parametrize(
    ("physical", "order"),
    [
        ((5, 3, 7, 11), (0, 2, 1, 3, 4)),  # frames
        ((1, 3, 5, 77), (0, 1, 2, 3, 4)),  # timeline
        (CLIP, (0, 1, 2, 3, 4)),
    ],
)
def test_the_onnx_file_tells_by_its_shape_how_it_is_fed(physical: tuple[int, ...], order: tuple[int, ...]) -> None:
    assert _order(CLIP, "NCTHW", physical) == order


def test_another_layout_of_the_source() -> None:
    assert _order((1, 5, 7, 11, 3), "NTHWC", (5, 3, 7, 11)) == (0, 1, 4, 2, 3)


def test_a_shape_that_no_order_explains() -> None:
    with pytest.raises(UsageError, match="is not known"):
        _order(CLIP, "NCTHW", (3, 7, 5, 11))


def test_axes_merge_only_with_their_neighbours() -> None:
    for axes in permutations((2, 3, 5)):
        assert _merges(axes, (axes[0] * axes[1], axes[2]))
        assert _merges(axes, (1, 30))
        assert _merges(axes, (1, *axes))
    assert not _merges((2, 3, 5), (10, 3))
    assert not _merges((2, 3, 5), (6, 4))


NETWORKS = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, shape, layout):
        super().__init__()
        self.input_shape, self.input_layout = shape, layout
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return (x * self.scale).flatten(1)[:, :4]

def clips(): return Net((1, 3, 4, 10, 12), "NCTHW")
def two(): return Net((2, 3, 4, 10, 12), "NCTHW")
def grey(): return Net((1, 1, 4, 10, 12), "NCTHW")
def volume(): return Net((1, 3, 20), "")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "nets.py"
    path.write_text(NETWORKS)
    return path


def test_a_network_in_pytorch(file: Path) -> None:
    made = source_subject(sources.resolve(f"{file}:clips"), VideoProfile())
    assert (made.form.frames, made.form.height, made.form.width) == (4, 10, 12)
    assert [s.name for s in made.stages] == ["PyTorch"]
    assert "UNTRAINED" in made.notes[0]


@pytest.mark.parametrize(
    ("name", "told"), [("two", "takes 2 clips at once"), ("grey", "takes 1 channels"), ("volume", "no axes of a clip")]
)
def test_what_videos_do_not_fill(name: str, told: str, file: Path) -> None:
    with pytest.raises(UsageError) as caught:
        source_subject(sources.resolve(f"{file}:{name}"), VideoProfile())
    assert told in " ".join(caught.value.reasons)


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no manifest"):
        bundle_subject(tmp_path, ("litert",), ())


def test_an_unknown_stage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no stage 'int9'") as caught:
        bundle_subject(tmp_path, ("litert",), ("int9",))
    assert "int8" in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("lines", "names"),
    [
        (["walk", "jump"], ("walk", "jump")),
        (["class 0", "class 1"], ()),
        (["class 1", "class 0"], ("class 1", "class 0")),
    ],
)
def test_the_bundles_own_names_are_the_order_of_its_scores(
    lines: list[str], names: tuple[str, ...], tmp_path: Path
) -> None:
    """Those that an export without labels writes are no names: then the data's are taken."""
    (tmp_path / "labels.txt").write_text("\n".join(lines) + "\n")
    assert _labels(tmp_path, Manifest.model_construct(labels="labels.txt")) == names
    assert _labels(tmp_path, Manifest.model_construct(labels=None)) == ()
