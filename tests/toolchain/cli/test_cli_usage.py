"""Wrong use ends with code 2, before anything heavy starts: what is wrong, what is near, no traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_tools import edgeconv, write_profile

ADD = ("export", "eco-lite-4d-add")


def refused(*arguments: str | Path, cwd: Path | None = None) -> str:
    ran = edgeconv(*arguments, cwd=cwd)
    assert ran.code == 2, ran
    assert ran.out == ""
    return ran.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("export", "eco-lite-4d-ad", "-t", "tflite"), ("no model 'eco-lite-4d-ad'", "'eco-lite-4d-add'")),
        ((*ADD, "-t", "tflit"), ("no target 'tflit'", "did you mean 'tflite'")),
        ((*ADD, "-p", "corall"), ("no profile 'corall'", "did you mean 'coral'")),
        (ADD, ("no target was given", "coral, ethos-u55, ethos-u65, ethos-u85, raspberry-pi, tflite")),
        ((*ADD, "-t", "tflite", "-p", "coral"), ("is for the target 'coral', not for 'tflite'",)),
        ((*ADD, "-t", "tflite", "--weights", "no.pt"), ("weights file 'no.pt' does not exist",)),
        ((*ADD, "-t", "tflite", "--labels", "no.txt"), ("labels file 'no.txt' does not exist",)),
        ((*ADD, "-p", "no.yaml"), ("profile 'no.yaml' cannot be read: No such file",)),
        (("export", "no.onnx", "-t", "tflite"), ("model file 'no.onnx' does not exist",)),
        (("export", "no.py:net", "-t", "tflite"), ("file 'no.py' does not exist",)),
        ((*ADD, "-t", "tflite", "--set", "frames"), ("--set 'frames' is not name=value",)),
        ((*ADD, "-t", "tflite", "--set", "a=1", "--set", "a=2"), ("--set gives 'a' twice",)),
        ((*ADD, "-t", "tflite", "--input-shape", "1,x"), ("input shape '1,x'",)),
        ((*ADD, "-t", "tflite", "--input-layout", "NCTHX"), ("'NCTHX' is not an axis order",)),
        ((*ADD, "-t", "tflite", "--seed", "-1"), ("--seed",)),
        ((*ADD, "-t", "coral", "--int16", "x"), ("takes 8 bits only", "int16: x", "hint")),
        ((*ADD, "-t", "coral", "--auto-recipe"), ("takes 8 bits only",)),
        ((*ADD, "-t", "tflite", "--fold", "strip", "--float32", "x"), ("not known in the strip fold",)),
        ((*ADD, "--targets", "tflite"), ("No such option", "--target")),
        (("exprot",), ("No such command 'exprot'", "'export'")),
        (("check", "no.tflite", "-t", "corral"), ("no target 'corral'", "did you mean 'coral'")),
        (("check", "no.tflite"), ("--target",)),
        (("inspect", "no.tflite"), ("'no.tflite' does not exist",)),
    ],
)
def test_wrong_names_and_options(arguments: tuple[str, ...], said: tuple[str, ...], tmp_path: Path) -> None:
    text = refused(*arguments, cwd=tmp_path).lower()
    assert all(part.lower() in text for part in said), text
    assert not list(tmp_path.iterdir())


def test_json_wraps_every_failure(tmp_path: Path) -> None:
    for arguments in (("export", "eco-lite-4d-ad", "-t", "tflite", "--json"), ("export", "--json")):
        ran = edgeconv(*arguments, cwd=tmp_path)
        error = json.loads(ran.out)["error"]
        assert ran.err == ""
        assert set(error) == {"message", "reasons", "hint", "exit_code"}
        assert error["exit_code"] == ran.code == 2


def test_a_profile_with_wrong_keys_tells_line_and_key(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "mine.yaml", "  int8_cosin_mean: 0.9\nthreads: many\n")
    text = refused(*ADD, "--profile", path)
    assert "line 12, key 'parity.int8_cosin_mean': there is no such key; did you mean 'int8_cosine_mean' or" in text
    assert "line 13, key 'threads': Input should be a valid integer" in text


def test_a_profile_that_is_no_yaml_tells_the_line(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: [a\n")
    assert "line 2, column 1" in refused(*ADD, "--profile", tmp_path / "mine.yaml")


def test_a_profile_for_an_unknown_target(tmp_path: Path) -> None:
    path = write_profile(tmp_path / "mine.yaml", "check_targets: [corral]\n")
    text = refused(*ADD, "--profile", path)
    assert "names the target 'corral', which does not exist" in text
    assert "did you mean 'coral'" in text


def test_out_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for out in ("file/bundle", "file/deeper/bundle"):
        assert "something above it is a file" in refused(*ADD, "-t", "tflite", "--out", tmp_path / out)


def test_out_on_a_read_only_file_system_cannot_be_made() -> None:
    text = refused(*ADD, "-t", "tflite", "--out", "/proc/edgeconv/bundle")
    assert "'/proc/edgeconv' cannot be written to" in text


def test_out_that_is_somebodys_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    assert "not an edgeconv bundle" in refused(*ADD, "-t", "tflite", "--out", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]
