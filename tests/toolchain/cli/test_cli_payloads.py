"""Files from elsewhere that hold code: none of it runs, and the user is told what to give instead."""

from __future__ import annotations

import io
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cli_small import small
from cli_tools import edgeconv


@dataclass
class Payload:
    """Makes a file where it is unpickled."""

    mark: Path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.mark,))


def test_the_payload_works(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "ran")))
    assert (tmp_path / "ran").exists()


def test_weights(tiny: str, tmp_path: Path) -> None:
    (tmp_path / "weights.pt").write_bytes(pickle.dumps({"state_dict": Payload(tmp_path / "ran")}))
    ran = edgeconv("export", tiny, "-t", "tflite", "--weights", tmp_path / "weights.pt", "--out", tmp_path / "out")
    assert ran.code == 2
    assert "weights.pt' is not a checkpoint of plain weights" in ran.err
    assert "hint: save it with torch.save(model.state_dict(), path)" in ran.err
    assert "weights_only" not in ran.err  # torch's advice how to load it all the same
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "out").exists()


def test_samples(tmp_path: Path) -> None:
    """Alone they are refused; beside good ones they are left out, and the report says so."""
    arguments = small(tmp_path)
    samples, array = tmp_path / "samples", io.BytesIO()
    for good in samples.iterdir():
        good.unlink()
    np.save(array, np.array([Payload(tmp_path / "ran")], dtype=object), allow_pickle=True)
    (samples / "array.npy").write_bytes(array.getvalue())
    (samples / "plain.npy").write_bytes(pickle.dumps(Payload(tmp_path / "ran")))
    with zipfile.ZipFile(samples / "named.npz", "w") as archive:
        archive.writestr("clip.npy", array.getvalue())
    ran = edgeconv(*arguments, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "holds no usable sample" in ran.err
    told = [line for line in ran.err.splitlines() if "pickled objects, which are never loaded" in line]
    assert [line.split(":")[0] for line in told] == [
        f"  - skipped {n}" for n in ("array.npy", "named.npz", "plain.npy")
    ]
    assert "hint: save them with numpy.savez(path, clip=...)" in ran.err
    assert not (tmp_path / "ran").exists()


def test_a_profile(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    profile = tmp_path / "p.yaml"
    profile.write_text(f"name: p\ndescription: !!python/object/apply:pathlib.Path.touch [{mark}]\ntarget: tflite\n")
    ran = edgeconv(*small(tmp_path)[:2], "--profile", profile, "--out", tmp_path / "out")
    assert ran.code == 2
    assert "p.yaml' is not YAML" in ran.err
    assert "line 2, column 14: could not determine a constructor for the tag" in ran.err
    assert not mark.exists()
