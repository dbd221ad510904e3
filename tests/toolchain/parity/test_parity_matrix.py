"""Which pairs of cells may differ and by how much, and what a gate says of a cell that is off, crashed or no number."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_parity_run import CLIPS, write_onnx

from edgeconv import parity
from edgeconv.core.layout import Array
from edgeconv.core.matrix import Matrix
from edgeconv.core.report import Gate
from edgeconv.core.summary import TensorInfo
from edgeconv.parity import OWN, XNNPACK, Allowed, Cell, CellFile, CellKey, Subject, compare_cells, gate_matrix
from edgeconv.parity.cells import KERNELS
from edgeconv.runtimes import Feed, available

STEP = 0.5
ANSWER = np.linspace(-20, 20, 14, dtype=np.float32).reshape(2, 1, 7)
NOISE = 0.6
"""Of int8 against float, in real units: 1.2 steps."""
LIMIT = 2 * 2**0.5 * NOISE / STEP


def cell(runtime: str, kernels: str, threads: int, steps: float = 0.0, failure: str = "") -> Cell:
    outputs = () if failure else (ANSWER + np.float32(STEP * steps),)
    return Cell(CellKey(runtime, kernels, threads), outputs, kernels == XNNPACK, failure)


def subject(left: tuple[str, ...] = (), **update: Any) -> Subject:
    allowed = Allowed(noise=(NOISE,), units=(STEP,))
    return replace(Subject("int8 TFLite", True, True, allowed, ("CONV_2D",), left), **update)


def judged(matrix: Matrix) -> dict[str, Gate]:
    return {gate.name.rpartition(" in ")[2]: gate for gate in gate_matrix(matrix)}


def test_every_pair_is_there_with_its_distance_and_its_reason() -> None:
    cells = [cell("litert", OWN, 1), cell("litert", OWN, 2), cell("litert", XNNPACK, 1, 2), cell("other", OWN, 1, 1)]
    made = compare_cells(subject(), cells)
    found = {(p.first, p.second): (p.expected, round(p.apart, 5)) for p in made.pairs}
    assert found == {
        (0, 1): ("equal", 0),
        (0, 2): ("kernels", 2),
        (0, 3): ("kernels", 1),
        (1, 2): ("kernels", 2),
        (1, 3): ("kernels", 1),
        (2, 3): ("kernels", 1),
    }
    assert {p.limit for p in made.pairs if p.expected == "kernels"} == {LIMIT}
    assert set(made.why) == {"equal", "kernels"}
    assert (made.clips, made.unit) == (2, "steps RMS")
    assert all(gate.passed for gate in gate_matrix(made))
    assert set(judged(made)) == {"litert", "other"}


@pytest.mark.parametrize(
    ("operators", "left", "kernels", "expected"),
    [
        (("CONV_2D",), (), OWN, "equal"),
        (("CONV_2D", "MEAN"), (), OWN, "sums"),
        (("CONV_2D", "MEAN"), (), XNNPACK, "equal"),
        (("CONV_2D", "MEAN"), ("MEAN",), XNNPACK, "sums"),
    ],
)
def test_threads_change_no_bit_but_of_sums_in_own_kernels(
    operators: tuple[str, ...], left: tuple[str, ...], kernels: str, expected: str
) -> None:
    cells = [cell("litert", kernels, 1), cell("litert", kernels, 2, 0.01)]
    made = compare_cells(subject(left, operators=operators), cells)
    assert [p.expected for p in made.pairs] == [expected]
    assert judged(made)["litert"].passed is (expected == "sums")


def test_a_runtime_that_is_off_fails_alone_and_is_named() -> None:
    cells = [cell("litert", OWN, 1), cell("wrong", OWN, 1, LIMIT + 0.1), cell("third", OWN, 1, -0.5)]
    found = judged(compare_cells(subject(), cells))
    assert (found["wrong"].passed, found["third"].passed) == (False, True)
    assert "wrong, own kernels, 1 thread: 3.5 steps RMS from litert, own kernels, 1 thread" in found["wrong"].measured
    assert "rounds each operator in its own way" in found["wrong"].detail
    assert judged(compare_cells(subject(), [cells[0], cell("wrong", OWN, 1, LIMIT - 0.1)]))["wrong"].passed


def test_a_step_is_always_allowed_and_alone_where_the_yardstick_is_missing() -> None:
    def passed(steps: float, noise: tuple[float, ...]) -> bool:
        known = subject(allowed=Allowed(noise=noise, units=(STEP,)))
        return judged(compare_cells(known, [cell("a", OWN, 1), cell("b", OWN, 1, steps)]))["b"].passed

    assert (passed(0.99, (1e-3,)), passed(1.01, (1e-3,))) == (True, False)
    assert (passed(0.99, ()), passed(1.01, ())) == (True, False)


@pytest.mark.parametrize("what", ["crash", "nan", "size"])
def test_a_cell_without_numbers_is_a_finding_and_in_no_pair(what: str) -> None:
    broken = {
        "crash": cell("bad", OWN, 1, failure="bad was killed by SIGABRT"),
        "nan": Cell(CellKey("bad", OWN, 1), (np.full_like(ANSWER, np.nan),)),
        "size": Cell(CellKey("bad", OWN, 1), (ANSWER[..., 1:],)),
    }[what]
    made = compare_cells(subject(), [cell("litert", OWN, 1), broken, cell("third", OWN, 1)])
    assert [(p.first, p.second) for p in made.pairs] == [(0, 2)]
    found = judged(made)
    assert (found["bad"].passed, found["third"].passed) == (False, True)
    words = {"crash": "SIGABRT", "nan": "NaN", "size": "size"}[what]
    assert words in made.cells[1].failure
    assert words in found["bad"].measured


def test_of_several_outputs_the_worst_counts() -> None:
    def two(runtime: str, second: float) -> Cell:
        return Cell(CellKey(runtime, OWN, 1), (ANSWER, ANSWER * 0 + np.float32(second)))

    known = subject(allowed=Allowed(noise=(NOISE, 0.01), units=(STEP, 0.1)))
    made = compare_cells(known, [two("a", 0), two("b", 0.3)])
    assert [(round(p.apart, 5), p.limit) for p in made.pairs] == [(3, 1)]


def test_float_is_judged_by_its_largest_difference() -> None:
    known = Subject("fp32", False, False, Allowed(units=(20.0,), least=1e-4))
    far = Cell(CellKey("b"), (ANSWER + np.eye(14, 1, dtype=np.float32).reshape(ANSWER.shape) * np.float32(0.003),))
    made = compare_cells(known, [cell("a", OWN, 1), far])
    assert made.pairs[0].apart == pytest.approx(1.5e-4, rel=1e-2)
    assert not judged(made)["b"].passed


def test_one_clip_beyond_the_ranges_does_not_widen_what_is_typical() -> None:
    reference = np.zeros((5, 1, 6), np.float32)
    output = reference + np.float32([1, 3, 2, 50, 2]).reshape(5, 1, 1)
    tensor = TensorInfo("y", (1, 6), "int8", scales=(0.5,), zero_points=(3,))
    assert parity.typical_error(output, reference, tensor) == 2
    assert parity.typical_error(output, reference + 1000, tensor) == pytest.approx((127 - 3) * 0.5 - 2)


def test_all_cells_of_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    found = parity.cell_keys(("litert", "nowhere"), 4)
    assert found == tuple(CellKey("litert", k, t) for k in (OWN, XNNPACK) for t in (1, 4))
    assert [k.threads for k in parity.cell_keys(("onnxruntime",), 1)] == [1, 2]
    monkeypatch.setitem(KERNELS, "numpy", ("",))  # a package that is there; its row is all that is needed
    assert parity.cell_keys(("numpy",), 3) == (CellKey("numpy", "", 1), CellKey("numpy", "", 3))


class TestRunning:
    """Real children."""

    def ran(self, place: Path, keys: tuple[CellKey, ...], model: Path, had: dict[CellKey, Cell]) -> list[Cell]:
        np.save(place / "clips.npy", CLIPS)
        file = CellFile(model, (Feed(clips=place / "clips.npy", perm=(0, 1), physical=(1, 6)),), ())
        files = dict.fromkeys((k.runtime for k in keys), file)
        told, saw = lambda _: None, lambda mib: self.peaks.append(mib)
        return list(parity.run_cells(keys, files, had, 1, place, told, saw, self.hung, self.timeout))

    def setup_method(self) -> None:
        self.peaks: list[float] = []
        self.hung: dict[str, str] = {}
        self.timeout = 120.0

    def test_the_first_clips_in_one_child_and_what_is_there_is_not_run(self, tmp_path: Path) -> None:
        keys = parity.cell_keys(("onnxruntime",), 2)
        known: Array = np.ones((1, 1, 6), np.float32)
        cells = self.ran(tmp_path, keys, write_onnx(tmp_path / "exp.onnx", "Exp"), {keys[1]: Cell(keys[1], (known,))})
        assert tuple(c.key for c in cells) == keys
        np.testing.assert_allclose(cells[0].outputs[0], np.exp(CLIPS[:1]), rtol=1e-5)
        assert cells[1].outputs[0] is known
        assert len(self.peaks) == 1
        assert not list(tmp_path.glob("cell_*"))

    def test_a_child_that_aborts_is_a_finding_and_the_next_cell_runs(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A package of the runtime's name that aborts on its first run, then is the real one."""
        assert available("onnxruntime")
        import onnxruntime

        fake, once, real = tmp_path / "fake", tmp_path / "once", Path(onnxruntime.__file__).parent.parent
        fake.mkdir()
        (fake / "onnxruntime.py").write_text(
            f"import os, pathlib, sys\nonce = pathlib.Path({str(once)!r})\n"
            "if not once.exists():\n    once.touch()\n    os.abort()\n"
            f"sys.path.remove({str(fake)!r})\ndel sys.modules['onnxruntime']\nimport onnxruntime\n"
        )
        assert (real / "onnxruntime").is_dir()
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(fake), os.environ.get("PYTHONPATH", ""))))
        keys = parity.cell_keys(("onnxruntime",), 2)
        dead, alive = self.ran(tmp_path, keys, write_onnx(tmp_path / "exp.onnx", "Exp"), {})
        assert signal.Signals.SIGABRT.name in dead.failure
        assert not alive.failure
        np.testing.assert_allclose(alive.outputs[0], np.exp(CLIPS[:1]), rtol=1e-5)

    def test_a_runtime_that_hangs_is_waited_for_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "fake").mkdir()
        (tmp_path / "fake" / "onnxruntime.py").write_text("import time\ntime.sleep(3600)\n")
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path / "fake"), os.environ.get("PYTHONPATH", ""))))
        keys, self.timeout = parity.cell_keys(("onnxruntime",), 2), 3.0
        model = write_onnx(tmp_path / "exp.onnx", "Exp")
        first, second = self.ran(tmp_path, keys, model, {})
        assert "gave no answer in 3 s" in first.failure
        assert second.failure == f"not run: {self.hung['onnxruntime']} before"
        assert all(c.failure.startswith("not run") for c in self.ran(tmp_path, keys, model, {}))
