"""Ready samples: .npz and .npy files in the model's own layout."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgeconv.core.errors import UsageError
from edgeconv.core.report import InputInfo
from edgeconv.video.ready import holds_ready_samples, read_samples

CLIP = InputInfo(name="clip", shape=(1, 2, 3, 5, 4), layout="NCTHW")
META = InputInfo(name="meta", shape=(1, 7))


def clip(value: float = 1.0) -> np.ndarray:
    return np.full(CLIP.shape, value, np.float32)


def skipped(folder: Path, *inputs: InputInfo) -> dict[str, str]:
    """Reasons by file, with one good file beside them."""
    np.savez(folder / "good.npz", clip=clip(), meta=np.zeros(7))
    samples, left = read_samples(folder, inputs or (CLIP, META), 99)
    assert [s.name for s in samples] == ["good.npz"]
    return {s.name: s.reason for s in left}


def test_one_array_per_input_by_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", meta=np.arange(7), clip=clip(3), other=np.zeros(2))
    (sample,), left = read_samples(tmp_path, (CLIP, META), 4)
    assert (sample.name, left) == ("a.npz", ())
    assert [(a.shape, a.dtype) for a in sample.arrays] == [(CLIP.shape, np.float32), ((1, 7), np.float32)]
    assert sample.arrays[0].max() == 3
    assert list(sample.arrays[1][0]) == [0, 1, 2, 3, 4, 5, 6]


def test_a_single_input_takes_any_name_and_a_bare_array(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", whatever=clip(1))
    np.save(tmp_path / "b.npy", clip(2)[0])  # N = 1 left out
    samples, _ = read_samples(tmp_path, (CLIP,), 4)
    assert [(s.name, s.arrays[0].shape, s.arrays[0].max()) for s in samples] == [
        ("a.npz", CLIP.shape, 1),
        ("b.npy", CLIP.shape, 2),
    ]


def test_of_many_an_even_choice_in_natural_order(tmp_path: Path) -> None:
    for i in range(12):
        np.save(tmp_path / f"s{i}.npy", clip(i))
    (tmp_path / "notes.txt").write_text("no sample")
    (tmp_path / ".hidden.npy").write_bytes(b"")
    samples, _ = read_samples(tmp_path, (CLIP,), 4)
    assert [s.name for s in samples] == ["s1.npy", "s4.npy", "s7.npy", "s10.npy"]


def test_another_one_takes_the_place_of_a_bad_one(tmp_path: Path) -> None:
    for i in range(4):
        np.save(tmp_path / f"s{i}.npy", clip(np.nan if i == 1 else i))
    samples, left = read_samples(tmp_path, (CLIP,), 2)
    assert [s.name for s in samples] == ["s0.npy", "s3.npy"]
    assert left[0].reason == "'clip' holds NaN or infinite values"


def test_every_reason_is_told(tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", clip=clip())
    np.savez(tmp_path / "shape.npz", clip=clip()[:, :1], meta=np.zeros(7))
    np.savez(tmp_path / "text.npz", clip=clip(), meta=np.array(["x"] * 7))
    np.save(tmp_path / "bare.npy", clip())
    np.save(tmp_path / "objects.npy", np.array([{}, None]), allow_pickle=True)
    (tmp_path / "garbage.npz").write_bytes(b"garbage")
    (tmp_path / "empty.npz").write_bytes(b"")
    assert skipped(tmp_path) == {
        "few.npz": "it holds clip, but no array meta",
        "shape.npz": "'clip' is [1, 1, 3, 5, 4], the model takes [1, 2, 3, 5, 4]",
        "text.npz": "'meta' is <U1, the model takes float32",
        "bare.npy": "it is one array, but the model takes clip, meta: save a .npz",
        "objects.npy": "it cannot be read: it is no array file, or one of pickled objects, which are never loaded",
        "garbage.npz": "it cannot be read: it is no array file, or one of pickled objects, which are never loaded",
        "empty.npz": "it cannot be read: No data left in file",
    }


def test_whole_numbers_are_not_made_of_real_ones(tmp_path: Path) -> None:
    ids = InputInfo(name="meta", shape=(1, 7), dtype="int64")
    np.savez(tmp_path / "real.npz", clip=clip(), meta=np.zeros(7, np.float32))
    np.savez(tmp_path / "good.npz", clip=clip(), meta=np.zeros(7, np.int32))
    samples, left = read_samples(tmp_path, (CLIP, ids), 9)
    assert samples[0].arrays[1].dtype == np.int64
    assert left[0].reason == "'meta' is float32, the model takes int64"


def test_a_folder_without_a_usable_one(tmp_path: Path) -> None:
    np.savez(tmp_path / "few.npz", clip=clip())
    with pytest.raises(UsageError, match="no usable sample") as caught:
        read_samples(tmp_path, (CLIP, META), 2)
    assert caught.value.reasons == ("skipped few.npz: it holds clip, but no array meta",)
    assert "clip=..., meta=..." in (caught.value.hint or "")


def test_which_folders_hold_them(tmp_path: Path) -> None:
    assert not holds_ready_samples(None)
    assert not holds_ready_samples(tmp_path / "missing")
    assert not holds_ready_samples(tmp_path)
    (tmp_path / "a.NPZ").write_bytes(b"")
    assert holds_ready_samples(tmp_path)
