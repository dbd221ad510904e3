"""Profiles: the shipped ones load, and a wrong one is told by line and key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from edgeconv import targets
from edgeconv.core.backend import ONNX_OPS
from edgeconv.core.errors import ExitCode, UsageError
from edgeconv.profiles import load_profile, profile_folder, profile_names

GOOD = """\
name: mine
description: for a test
target: tflite
onnx:
  opset: 18
  allowed_ops: [Conv, Reshape]
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.yaml"


def reasons(path: Path, text: str) -> tuple[str, ...]:
    path.write_text(text)
    with pytest.raises(UsageError, match="is not valid") as caught:
        load_profile(str(path))
    assert str(path) in caught.value.message
    assert caught.value.exit_code == ExitCode.USAGE
    return caught.value.reasons


def complaint(path: Path, text: str) -> str:
    (reason,) = reasons(path, text)
    return reason


@pytest.mark.parametrize("name", profile_names())
def test_shipped_profiles_load_and_fit_their_file(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.description
    assert {profile.target, *profile.check_targets} <= set(targets.target_names())
    assert profile.target not in profile.check_targets
    assert "Transpose" not in profile.onnx.allowed_ops
    assert (profile.onnx.max_rank, profile.onnx.max_transposes, profile.tflite.max_transposes) == (4, 0, 0)
    assert load_profile(str(profile_folder() / f"{name}.yaml")).sha256 == profile.sha256


def test_the_first_targets_have_a_profile_each() -> None:
    assert set(profile_names()) >= {"tflite", "raspberry-pi", "coral"}


def test_a_file_of_ones_own(path: Path) -> None:
    path.write_text(GOOD)
    profile = load_profile(str(path))
    assert (profile.name, profile.onnx.allowed_ops) == ("mine", ("Conv", "Reshape"))
    assert profile.video.mean == (104.0, 117.0, 128.0)
    assert load_profile(str(path.rename(path.with_suffix(".yml")))) == profile


def test_without_a_list_the_whole_vocabulary_is_allowed(path: Path) -> None:
    path.write_text(GOOD.replace("  allowed_ops: [Conv, Reshape]\n", ""))
    assert load_profile(str(path)).onnx.allowed_ops == ONNX_OPS


@pytest.mark.parametrize(
    ("name", "hint"), [("tflit", "did you mean 'tflite'"), ("../tflite", "tflite"), ("zzz", "known names: coral, ")]
)
def test_an_unknown_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match="there is no profile") as caught:
        load_profile(name)
    assert hint in (caught.value.hint or "")


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("taget: tflite\n", "line 7, key 'taget': there is no such key; did you mean 'target'"),
        ("tflite:\n  input_dtype: int8\n  inptu: 1\n", "line 9, key 'tflite.inptu': there is no such key; "),
        ("video: {colour: RGB}\n", "line 7, key 'video.colour': there is no such key; did you mean 'color'"),
        ("video:\n\n  # a comment\n  colour: RGB\n", "line 10, key 'video.colour'"),
        ("threads: two\n", "line 7, key 'threads': Input should be a valid integer"),
        ("threads: 0\n", "line 7, key 'threads': Input should be greater than 0"),
        ("threads: [1, 2]\n", "line 7, key 'threads': Input should be a valid integer"),
        ("video: 3\n", "line 7, key 'video': Input should be a valid dictionary"),
        ("video:\n  color: HSV\n", "line 8, key 'video.color': Input should be 'BGR' or 'RGB'"),
        ("video:\n  mean:\n    - 1\n    - x\n    - 3\n", "line 10, key 'video.mean.1': Input should be a valid number"),
        ("video:\n  mean: [1, 2]\n", "line 8, key 'video.mean.2': Field required"),
        ("parity:\n  runtimes: [litert, onnx]\n", "line 8, key 'parity.runtimes.1': Input should be 'litert'"),
        ("parity:\n  int8_cosine_mean: 1.5\n", "line 8, key 'parity.int8_cosine_mean': Input should be less than"),
        ("check_targets: coral\n", "line 7, key 'check_targets': Input should be a valid tuple"),
    ],
)
def test_a_wrong_key_or_value_is_told_with_its_line(path: Path, added: str, said: str) -> None:
    assert complaint(path, GOOD + added).startswith(said)


def test_a_missing_key_is_told_at_its_parent(path: Path) -> None:
    assert complaint(path, GOOD.replace("target: tflite\n", "")) == "line 1, key 'target': Field required"
    assert complaint(path, GOOD[: GOOD.index("onnx:")]) == "line 1, key 'onnx': Field required"


def test_all_that_is_wrong_is_told_at_once(path: Path) -> None:
    text = GOOD.replace("opset: 18", "opset: 12") + "threads: two\nextra: 1\n"
    assert [r.partition(":")[0] for r in reasons(path, text)] == [
        "line 5, key 'onnx.opset'",
        "line 7, key 'threads'",
        "line 8, key 'extra'",
    ]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("name: [tflite\n", "line 2, column 1: "),
        ("name: a\n\ttarget: b\n", "line 2, column 1: "),
        ("name: !!python/object/apply:os.system [ls]\n", "line 1, column 7: "),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: "),
        ("a: *nowhere\n", "line 1, column 4: "),
        ("a: \x01\n", "special characters are not allowed"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_place(path: Path, text: str, where: str) -> None:
    path.write_text(text)
    with pytest.raises(UsageError, match="is not YAML") as caught:
        load_profile(str(path))
    (reason,) = caught.value.reasons
    assert where in reason
    assert "\n" not in reason


@pytest.mark.parametrize("text", ["", "# nothing\n", "- a\n- b\n", "just words\n", "42\n"])
def test_what_is_not_a_mapping(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(UsageError, match="must be a mapping"):
        load_profile(str(path))


def test_what_cannot_be_read(path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        load_profile(str(path))
    path.mkdir()
    with pytest.raises(UsageError, match="cannot be read: Is a directory"):
        load_profile(str(path))
    path.rmdir()
    path.write_bytes(b"name: \xff\xfe\n")
    with pytest.raises(UsageError, match="is not text in UTF-8"):
        load_profile(str(path))


def test_the_digest_is_of_what_it_says_not_of_how(path: Path) -> None:
    path.write_text(GOOD)
    first = load_profile(str(path)).sha256
    data = yaml.safe_load(GOOD)
    path.write_text("# a comment\n" + yaml.safe_dump(dict(reversed(data.items()))))
    assert load_profile(str(path)).sha256 == first
    path.write_text(GOOD + "threads: 2\n")  # the default, written out
    assert load_profile(str(path)).sha256 == first
    path.write_text(GOOD + "threads: 3\n")
    assert load_profile(str(path)).sha256 != first
    assert len(first) == 64


def test_a_profile_is_frozen() -> None:
    profile = load_profile("tflite")
    with pytest.raises(ValueError, match="frozen"):
        profile.threads = 3
    with pytest.raises(ValueError, match="frozen"):
        profile.parity.max_saturated = 1.0


def test_an_own_file_for_vela_is_read_from_the_folder_of_the_profile(path: Path) -> None:
    (path.parent / "board.ini").write_text("[Memory_Mode.Mine]")
    path.write_text(f"{GOOD}tflite: {{}}\ncompiler: {{config: board.ini, memory_mode: Mine}}\n")
    first = load_profile(str(path))
    assert first.compiler.config is not None
    assert (first.compiler.config.name, first.compiler.config.text) == ("board.ini", "[Memory_Mode.Mine]")
    (path.parent / "board.ini").write_text("[Memory_Mode.Other]")
    assert load_profile(str(path)).sha256 != first.sha256


@pytest.mark.parametrize(
    ("compiler", "words"),
    [
        ("{config: none.ini}", "cannot be read"),
        ("{optimise: Fast}", "'Performance' or 'Size'"),
        ("{arena_cache_size: 0}", "greater than 0"),
        ("{memory: Sram_Only}", "memory_mode"),
    ],
)
def test_wrong_settings_of_vela_are_told_by_key(path: Path, compiler: str, words: str) -> None:
    assert words in complaint(path, f"{GOOD}tflite: {{}}\ncompiler: {compiler}\n")
