"""The runner's own side in edgeconv: which runtimes, and what comes back from a child."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeconv.core.errors import EdgeconvError, UsageError
from edgeconv.runner import choose_runtimes, try_golden, write_runner


def test_run_py_and_its_readme_are_copied_as_they_are(tmp_path: Path) -> None:
    write_runner(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {"run.py", "README.md"}
    import edgeconv.runner.run as run

    assert (tmp_path / "run.py").read_bytes() == Path(run.__file__).read_bytes()
    assert "python3 run.py --self-test" in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_every_option_that_the_readme_names_exists(tmp_path: Path) -> None:
    import re

    write_runner(tmp_path)
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", (tmp_path / "README.md").read_text(encoding="utf-8")))
    code = (tmp_path / "run.py").read_text(encoding="utf-8")
    assert len(named) >= 8
    assert {n for n in named if f'"{n}"' not in code} == {"--help"}


def test_the_child_tells_what_the_self_test_tells(frames: Path) -> None:
    made = try_golden(frames, "litert").value
    assert made.passed
    assert made.runtime.startswith("litert")
    assert [g.model for g in made.golden] == ["model_int8.tflite"] * 2 + ["backbone_int8.tflite + head_int8.tflite"] * 2
    assert set(made.milliseconds) == {g.model for g in made.golden}


def test_damage_comes_back_as_a_finding_and_a_refusal_as_an_error(copy: Path) -> None:
    (copy / "head_int8.tflite").unlink()
    assert try_golden(copy, "litert").value.findings == ("head_int8.tflite is missing",)
    (copy / "manifest.json").unlink()
    with pytest.raises(EdgeconvError, match="no manifest"):
        try_golden(copy, "litert")


def test_tensorflow_is_not_chosen_beside_others() -> None:
    assert "litert" in choose_runtimes()
    assert "tensorflow" not in choose_runtimes()
    assert choose_runtimes(("litert", "litert")) == ("litert",)
    with pytest.raises(UsageError, match="no runtime 'lite'"):
        choose_runtimes(("lite",))
