"""A child may answer, fail, crash, hang or run out of memory; the parent gets a value or a named error."""

from __future__ import annotations

import errno
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from core_child_functions import Answer, Ask

from edgeconv.core.child import Child, ChildDied, call_once
from edgeconv.core.errors import DiskFull, EdgeconvError, ExitCode, GateError, ModelError, ToolError, UsageError


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The child finds the functions of this folder."""
    known = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if p]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), *known]))


@pytest.fixture
def child(importable: None) -> Iterator[Child]:  # noqa: ARG001 - the path must be set before the child starts
    with Child("the tester") as made:
        yield made


def ask(child: Child, name: str, text: str = "", number: float = 0.0, timeout: float = 60) -> Answer:
    request = Ask(text=text, number=number)
    return child.call(f"core_child_functions:{name}", request, Answer, timeout).value


def test_one_child_serves_many_calls_and_keeps_what_it_loaded(child: Child) -> None:
    first, second = ask(child, "echo", "ä\n€", 1.5), ask(child, "echo", "b")
    assert (first.text, second.text) == ("1:ä\n€", "2:b")
    assert first.number == 1.5
    assert first.process == second.process != os.getpid()


@pytest.mark.parametrize("size", [4000, 100_000, 3_000_000])
def test_requests_and_answers_of_any_size(child: Child, size: int) -> None:
    assert ask(child, "echo", "x" * size).text == "1:" + "x" * size


def test_time_and_peak_memory_are_told() -> None:
    small = call_once("tester", "core_child_functions:fill", Ask(number=1), Answer)
    large = call_once("tester", "core_child_functions:fill", Ask(number=200), Answer)
    assert 0 < small.seconds < 60
    assert 5 < small.peak_mib < 500
    assert 150 < large.peak_mib - small.peak_mib < 260


def test_threads_reach_the_child() -> None:
    assert call_once("t", "core_child_functions:threads", Ask(), Answer, threads=3).value.text == "3"


@pytest.mark.parametrize(("set_by_user", "seen"), [(None, "1"), ("0", "0")])
def test_no_runtime_tells_its_makers_of_a_model(
    monkeypatch: pytest.MonkeyPatch, set_by_user: str | None, seen: str
) -> None:
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    if set_by_user is not None:
        monkeypatch.setenv("ORT_DISABLE_TELEMETRY", set_by_user)
    ask = Ask(text="ORT_DISABLE_TELEMETRY")
    assert call_once("t", "core_child_functions:variable", ask, Answer).value.text == seen


def test_chatter_stays_out_of_the_answer_and_of_the_terminal(child: Child, capfd: pytest.CaptureFixture[str]) -> None:
    assert ask(child, "chatter", '{"value": {"text": "forged"}}').text == "spoken"
    assert capfd.readouterr() == ("", "")


def test_a_crash_names_the_signal_and_the_last_words(child: Child) -> None:
    with pytest.raises(ChildDied, match="the tester was killed by SIGABRT") as died:
        ask(child, "abort", "farewell")
    assert any("farewell" in reason for reason in died.value.reasons)
    assert died.value.exit_code is ExitCode.TOOL
    with pytest.raises(ChildDied):  # and it stays dead
        ask(child, "echo")


def test_a_silent_end_names_the_status(child: Child) -> None:
    with pytest.raises(ChildDied, match="the tester ended with status 7"):
        ask(child, "leave")


def test_a_hang_is_stopped_in_time() -> None:
    with Child("the tester") as child:
        ask(child, "echo")  # started and imported
        start = time.monotonic()
        with pytest.raises(ChildDied, match="gave no answer in 1 s and was stopped"):
            ask(child, "hang", timeout=1)
    assert 0.9 < time.monotonic() - start < 5  # it was killed, not waited for


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("refuse_usage", UsageError, ExitCode.USAGE),
        ("refuse_model", ModelError, ExitCode.MODEL),
        ("refuse_gate", GateError, ExitCode.GATE),
    ],
)
def test_a_named_error_arrives_as_it_was(child: Child, name: str, kind: type[EdgeconvError], code: ExitCode) -> None:
    with pytest.raises(kind) as raised:
        ask(child, name, "no such thing")
    assert type(raised.value) is kind
    assert raised.value.exit_code is code
    assert raised.value.message == "no such thing"
    if name == "refuse_usage":
        assert raised.value.reasons == ("first", "second")
        assert raised.value.hint == "do that"
    assert ask(child, "echo", "alive").text == "1:alive"


def test_any_other_exception_is_told_with_its_place(child: Child) -> None:
    with pytest.raises(ChildDied, match="the tester failed: KeyError: 'lost'") as died:
        ask(child, "stumble", "lost")
    assert died.value.reasons[0].startswith("raised in core_child_functions.py:")
    assert ask(child, "echo", "alive").text == "1:alive"


def test_running_out_of_memory_is_a_finding_like_a_crash(child: Child) -> None:
    """Whoever compares runtimes or tries tools catches ChildDied alone."""
    with pytest.raises(ChildDied, match="out of memory") as died:
        ask(child, "exhaust")
    assert isinstance(died.value, ToolError)
    assert died.value.hint


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_full_disk_is_no_finding_but_the_end(child: Child, number: int) -> None:
    with pytest.raises(DiskFull) as full:
        ask(child, "overflow", number=number)
    assert full.value.message == os.strerror(number)


def test_an_unknown_function_is_told(child: Child) -> None:
    with pytest.raises(ChildDied, match="no attribute 'nothing'"):
        ask(child, "nothing")
    with pytest.raises(ChildDied, match="ModuleNotFoundError"):
        child.call("no.such.module:f", Ask(), Answer, 60)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_none_survive_the_way(child: Child, number: float) -> None:
    """A runtime may well answer NaN: it must arrive, so that a gate can see it."""
    got = ask(child, "echo", "", number).number
    assert got == number or (math.isnan(got) and math.isnan(number))


def test_two_children_do_not_disturb_each_other() -> None:
    with Child("a") as a, Child("b") as b:
        assert ask(a, "echo", "1").process != ask(b, "echo", "2").process
        with pytest.raises(ChildDied, match=r"^a was killed"):
            ask(a, "abort")
        assert ask(b, "echo", "3").text == "2:3"


def test_no_descriptor_is_left_open() -> None:
    def count() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    call_once("t", "core_child_functions:echo", Ask(), Answer)
    before = count()
    for _ in range(3):
        call_once("t", "core_child_functions:echo", Ask(), Answer)
    assert count() == before
