"""Golden vectors hold what a runtime said, and the tolerance what runtimes differ by, even where one judged alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from compilers_cases import given

from edgeconv import bundle, parity, runtimes, sources
from edgeconv.core.layout import Array
from edgeconv.core.matrix import Matrix, MatrixCell, MatrixPair
from edgeconv.core.progress import Silent, Stopwatch
from edgeconv.inspection import inspect_file
from edgeconv.steps.golden import golden_vectors
from edgeconv.steps.profile import choose_profile
from edgeconv.steps.state import INT8, ExportRequest, Road

NAMES = ("one", "two", "three")


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    spec = sources.SourceSpec(text="m.onnx", kind="onnx file", location="m.onnx")
    request = ExportRequest(spec, choose_profile("tflite", None), tmp_path / "out")
    with bundle.StagedFolder(request.out) as staged:
        made = Road(request, staged, Stopwatch(Silent()))
        made.file(INT8).write_bytes(Path(given(tmp_path).path).read_bytes())
        made.summaries[INT8] = inspect_file(made.file(INT8))
        yield made


def judged(road: Road, names: Sequence[str], shift: int = 0) -> tuple[parity.ParityRun, dict[str, Array]]:
    """What the parity step leaves behind: the int8 model's raw ends; each runtime but the first is `shift` off."""
    shape = road.summaries[INT8].inputs[0].shape
    clips = np.random.default_rng(2).integers(-128, 128, (len(NAMES), *shape), np.int8)
    np.save(road.staged.scratch / "clips.npy", clips)
    feed = runtimes.Feed(clips=road.staged.scratch / "clips.npy", perm=tuple(range(len(shape))), physical=shape)
    run, answers = parity.ParityRun(), {}
    for number, name in enumerate(names):
        raw = road.staged.scratch / f"raw_out_{name}.npy"
        request = runtimes.RunRequest(
            runtime="litert",
            model=road.file(INT8),
            feeds=(feed,),
            outputs=road.staged.scratch / "real.npy",
            raw_inputs=road.staged.scratch / f"raw_in_{name}.npy",
            raw_outputs=raw,
        )
        run.measured[f"int8 TFLite ({name})"] = runtimes.run_model(request).value
        answers[name] = np.load(raw)
        if number:
            np.save(raw, np.clip(answers[name].astype(int) + shift, -128, 127).astype(np.int8))
    return run, answers


def test_they_hold_what_was_fed_and_answered(road: Road) -> None:
    run, answers = judged(road, ("tflite-runtime", "litert"), shift=5)
    first, second = golden_vectors(road, run, NAMES)
    assert (first.clip, second.clip, first.produced_by) == ("one", "two", "tflite-runtime")
    assert first.tolerance_lsb == second.tolerance_lsb == 5
    clips = np.load(road.staged.scratch / "clips.npy")
    for number, vector in enumerate((first, second)):
        np.testing.assert_array_equal(np.load(road.staged.path / vector.inputs[0]), clips[number])
        np.testing.assert_array_equal(np.load(road.staged.path / vector.outputs[0]), answers["tflite-runtime"][number])


def test_runtimes_that_agree_leave_room_for_rounding(road: Road) -> None:
    run, _ = judged(road, ("tflite-runtime", "litert"))
    assert {vector.tolerance_lsb for vector in golden_vectors(road, run, NAMES)} == {1}


def test_one_runtime_alone_is_given_what_its_kernels_differ_by(road: Road) -> None:
    """The parity matrix ran them; the float file is none of it."""
    run, _ = judged(road, ("litert",))
    cells = tuple(MatrixCell(runtime="litert", kernels=k, threads=2) for k in ("own kernels", "XNNPACK"))
    pair = MatrixPair(first=0, second=1, apart=2.2, largest=7, limit=3, expected="kernels")
    int8 = Matrix(file="int8 TFLite", unit="steps RMS", clips=2, cells=cells, pairs=(pair,), why={"kernels": ""})
    fp32 = int8.model_copy(
        update={"unit": "of the output's scale", "pairs": (pair.model_copy(update={"largest": 90}),)}
    )
    run.matrices = (fp32, int8)
    assert {vector.tolerance_lsb for vector in golden_vectors(road, run, NAMES)} == {7}


def test_without_a_judge_there_are_none(road: Road) -> None:
    assert golden_vectors(road, parity.ParityRun(), NAMES) == ()
    assert not (road.staged.path / "golden").exists()
