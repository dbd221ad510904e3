"""Whatever a compiler does, the station answers: compiled op by op, absent, or failed with its last words."""

from __future__ import annotations

from pathlib import Path

import pytest
from compilers_cases import EDGETPU_LOG, given, last_two, program
from vela_nets import written

from edgeconv import compilers, targets

VARIABLE = "EDGECONV_EDGETPU_COMPILER"


def test_edgetpu_compiler_is_read_op_by_op(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = given(tmp_path)
    (tmp_path / "left").write_bytes(written({"net": last_two}))
    fake = program(tmp_path / "edgetpu_compiler", f"os.rename('left', 'm_edgetpu.tflite')\nprint({EDGETPU_LOG!r})\n")
    monkeypatch.setenv("PATH", f"{fake.parent}:/usr/bin:/bin")
    made = compilers.compile_model("coral", summary, tmp_path)
    assert made is not None
    assert (made.outcome, made.version, made.file) == ("compiled", "16.0.384591198", "m_edgetpu.tflite")
    assert [(o.op, o.accelerated) for o in made.ops] == [("CONV_2D", True), ("MEAN", False), ("FULLY_CONNECTED", False)]
    assert "unspecified limitation" in made.ops[1].reasons[0]
    assert made.ops[2].reasons == ("More than one subgraph is not supported",)
    measures = {m.name: (m.value, m.unit) for m in made.measures}
    assert measures["parameters cached on the chip"] == (6656.0, "KiB")
    assert measures["room left in that cache"] == (7.75, "KiB")
    assert measures["ops on the CPU"] == (2.0, "")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("print('Internal compiler error. Aborting!'); sys.exit(1)", "ended with status 1: Internal compiler error"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "was killed by SIGSEGV"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL, perhaps for want of memory"),
        ("print('at it'); sys.stdout.flush(); time.sleep(60)", "did not end within 1.5 s: at it"),
        ("print('done')", "left no file that can be read"),
        ("Path('m_edgetpu.tflite').write_bytes(b'\\0\\0\\0\\0TFL3garbage')", "left no file that can be read"),
    ],
)
def test_a_compiler_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, why: str) -> None:
    monkeypatch.setenv(VARIABLE, str(program(tmp_path / "fake", body)))
    made = compilers.compile_model("coral", given(tmp_path), tmp_path, timeout=1.5)
    assert made is not None
    assert made.outcome == "failed"
    assert f"edgetpu_compiler {why}" in made.why
    assert (made.file, made.ops) == ("", ())


def test_no_program_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/nowhere/at/all\n")
    broken.chmod(0o755)
    summary = given(tmp_path)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "missing"))
    absent = compilers.compile_model("coral", summary, tmp_path)
    monkeypatch.setenv(VARIABLE, str(broken))
    unusable = compilers.compile_model("coral", summary, tmp_path)
    assert absent is not None
    assert unusable is not None
    assert (absent.outcome, absent.command) == ("absent", ("edgetpu_compiler", "-s", "m.tflite"))
    assert "is not installed here" in absent.why
    assert unusable.outcome == "failed"
    assert "could not be started" in unusable.why


@pytest.mark.parametrize(("asked", "deep"), [("4.5", True), ("5.2", False)])
def test_another_version_than_the_one_asked_for_compiles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: str, deep: bool
) -> None:
    monkeypatch.setenv("EDGECONV_VELA", str(program(tmp_path / "vela", "Path('ran').touch()", says="6.1.0")))
    made = compilers.compile_model(f"ethos-u55-256@{asked}", given(tmp_path), tmp_path)
    assert made is not None
    assert made.outcome == "absent"
    assert made.why == f"ethos-u-vela 6.1.0 is installed here, and {asked} is asked for"
    assert ("--recursion-limit" in made.command) is deep
    assert not (tmp_path / "ran").exists()


def test_every_target_has_its_compiler_or_none() -> None:
    found = {name: c.name for name in targets.target_names() if (c := compilers.compiler_of(name)) is not None}
    assert {n for n, c in found.items() if c == "ethos-u-vela"} == {n for n in found if n.startswith("ethos-u")}
    assert sorted(n for n in found if not n.startswith("ethos-u")) == ["coral"]
    assert compilers.compiler_of("ethos-u55-77") is None
    assert {n for n in targets.target_names() if n.startswith("ethos-u")} <= set(found)
