"""`edgeconv verify` on a real bundle: whole, damaged in every file, malicious, or computing something else."""

from __future__ import annotations

import json
import random
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from cli_tools import Exported, edgeconv, resign

from edgeconv.bundle import inspect_bundle


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported.bundle, tmp_path / "copy"))


def test_a_fresh_bundle_passes(exported: Exported) -> None:
    ran = edgeconv("verify", exported.bundle, "--json")
    assert ran.code == 0, ran.out + ran.err
    told = json.loads(ran.out)
    assert told["passed"]
    assert told["findings"] == []
    assert told["golden_not_run"] == ""
    names = [made["runtime"].split()[0] for made in told["runtimes"]]
    assert names == [
        name for name in ("tflite-runtime", "litert") if find_spec(name.replace("-", "_")) or name == "litert"
    ]
    assert all(len(made["golden"]) == 2 and made["passed"] for made in told["runtimes"])


def test_words_for_people(exported: Exported) -> None:
    ran = edgeconv("verify", exported.bundle, "--no-run")
    assert ran.code == 0
    assert "golden vectors were not run: not asked for" in ran.out
    assert "✓ PASSED" in ran.out


def test_two_hundred_mutations_in_every_file_are_found(copy: Path) -> None:
    """A flipped bit, a cut, a repeated or an exchanged stretch: none of 200 or more gets through."""
    rng = random.Random(0)
    names = sorted(p.relative_to(copy).as_posix() for p in copy.rglob("*") if p.is_file())
    assert len(names) >= 14
    tried = 0
    for name in names:
        path = copy / name
        whole = path.read_bytes()
        for _ in range(16):
            place, data = rng.randrange(len(whole)), bytearray(whole)
            kind = rng.choice(("flip", "cut", "repeat", "zero"))
            if kind == "flip":
                data[place] ^= 1 << rng.randrange(8)
            elif kind == "cut":
                del data[place:]
            elif kind == "repeat":
                data[place:place] = data[place : place + 9]
            else:
                data[place : place + 64] = bytes(len(data[place : place + 64]))
            if bytes(data) == whole:
                continue
            path.write_bytes(bytes(data))
            assert {f.file for f in inspect_bundle(copy).findings} == {name}, (name, kind, place)
            tried += 1
        path.write_bytes(whole)
    assert tried >= 200
    assert inspect_bundle(copy).findings == ()


def test_a_damaged_bundle_is_not_run(copy: Path) -> None:
    path = copy / "model_int8.tflite"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    (copy / "golden/extra.npy").touch()
    ran = edgeconv("verify", copy)
    assert ran.code == 1
    assert "model_int8.tflite: was changed" in ran.out
    assert "golden/extra.npy: is not in the manifest" in ran.out
    assert "golden vectors were not run: the bundle is not what its manifest says" in ran.out
    assert "✗ FAILED" in ran.out


def test_a_network_that_computes_something_else_is_found(copy: Path) -> None:
    path = copy / "golden/clip_0_output.npy"
    np.save(path, -1 - np.load(path))
    resign(copy)
    ran = edgeconv("verify", copy, "--json")
    assert ran.code == 1
    told = json.loads(ran.out)
    assert len(told["findings"]) == len(told["runtimes"]) >= 1
    assert all("values differ, by up to" in finding for finding in told["findings"])


def test_a_model_that_no_runtime_loads_is_found(copy: Path) -> None:
    shutil.copy(copy / "report.json", copy / "model_int8.tflite")
    resign(copy)
    ran = edgeconv("verify", copy)
    assert ran.code == 1
    assert "does not load model_int8.tflite" in ran.out


def test_one_runtime_may_be_named(exported: Exported) -> None:
    told = json.loads(edgeconv("verify", exported.bundle, "--runtime", "litert", "--json").out)
    assert [made["runtime"].split()[0] for made in told["runtimes"]] == ["litert"]
    ran = edgeconv("verify", exported.bundle, "--runtime", "litter")
    assert ran.code == 2
    assert "did you mean 'litert'" in ran.err


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_no_bundle_is_wrong_use(tmp_path: Path, place: str) -> None:
    (tmp_path / "empty").mkdir()
    ran = edgeconv("verify", tmp_path / place)
    assert ran.code == 2
    assert "manifest.json" in ran.err
