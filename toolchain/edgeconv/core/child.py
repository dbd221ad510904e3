"""Work in child processes: a typed request goes in, a typed response, time and peak memory come out.

TensorFlow and tflite_runtime clash in one process, and an interpreter can abort on a bad model; so every runtime and
every foreign tool runs in a child. A child that dies is a value (:class:`ChildDied`), never the end of the tool. When
the tool itself is killed, its children end with it.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar, get_type_hints

from pydantic import BaseModel

from edgeconv.core import errors
from edgeconv.core.errors import EdgeconvError, ToolError, disk_is_full
from edgeconv.core.mortal import end_with

Response = TypeVar("Response", bound=BaseModel)


class ChildDied(ToolError):
    """The child crashed, hung, or failed in a way nobody foresaw."""


class ChildHung(ChildDied):
    """The child gave no answer in time: one that is asked again will most likely hang again."""


@dataclass(frozen=True)
class Result(Generic[Response]):
    value: Response
    seconds: float
    peak_mib: float


class Child:
    """One child process that serves calls until the `with` block ends; what it loads stays loaded between calls."""

    def __init__(self, label: str, threads: int = 2) -> None:
        self.label = label
        self._threads = threads

    def __enter__(self) -> Child:
        child_in, self._out = os.pipe()
        self._in, child_out = os.pipe()
        # The child's chatter is kept to explain a crash, and never reaches the user's terminal otherwise.
        self._log = tempfile.TemporaryFile()
        # A random.py in the user's folder is not to be taken for Python's own (Python 3.11 and newer heed it).
        # ONNX Runtime's Linux wheels send names and hashes of models to its makers unless told otherwise.
        env = {"ORT_DISABLE_TELEMETRY": "1", **os.environ}
        env |= {"PYTHONSAFEPATH": "1", "OMP_NUM_THREADS": str(self._threads), "TF_CPP_MIN_LOG_LEVEL": "3"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "edgeconv.core.child", str(os.getpid()), str(child_in), str(child_out)],
            pass_fds=(child_in, child_out),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            env=env,
        )
        os.close(child_in)
        os.close(child_out)
        self._pending = b""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and not issubclass(kind, Exception):
            self._process.kill()  # interrupted: nobody waits for the answer
        os.close(self._out)
        os.close(self._in)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()

    def call(
        self, function: str, request: BaseModel, response: type[Response], timeout: float = 1800
    ) -> Result[Response]:
        """Call 'module:function' in the child.

        Raises:
            ChildDied: it crashed (the signal and the last words are told), or did not answer in `timeout` seconds.
            EdgeconvError: the function raised it; it is raised again here as it was.
        """
        start = time.monotonic()
        message = json.dumps({"function": function, "request": request.model_dump(mode="json")}).encode() + b"\n"
        try:
            os.write(self._out, message) if len(message) < 4096 else self._write_all(message)
        except BrokenPipeError:
            raise self._died() from None
        reply = json.loads(self._read_line(timeout))
        if "error" in reply:
            raise _rebuild(reply["error"], self.label)
        value = response.model_validate(reply["value"])
        return Result(value, time.monotonic() - start, float(reply["peak_mib"]))

    def _write_all(self, message: bytes) -> None:
        view = memoryview(message)
        while view:
            view = view[os.write(self._out, view) :]

    def _read_line(self, timeout: float) -> bytes:
        deadline = time.monotonic() + timeout
        while b"\n" not in self._pending:
            ready, _, _ = select.select([self._in], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                self._process.kill()
                raise ChildHung(
                    f"{self.label} gave no answer in {timeout:.0f} s and was stopped",
                    reasons=self._last_words(),
                    hint="a smaller model or more time may help",
                )
            piece = os.read(self._in, 1 << 16)
            if not piece:
                raise self._died()
            self._pending += piece
        line, self._pending = self._pending.split(b"\n", 1)
        return line

    def _died(self) -> ChildDied:
        code = self._process.wait()
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"
        hint = "the machine may have run out of memory" if code == -signal.SIGKILL else None
        return ChildDied(f"{self.label} {how}", reasons=self._last_words(), hint=hint)

    def _last_words(self) -> list[str]:
        self._log.seek(0)
        lines = self._log.read().decode(errors="replace").splitlines()
        return [line.strip() for line in lines if line.strip()][-5:]


def call_once(
    label: str, function: str, request: BaseModel, response: type[Response], timeout: float = 1800, threads: int = 2
) -> Result[Response]:
    """One call in a child of its own."""
    with Child(label, threads) as child:
        return child.call(function, request, response, timeout)


def _rebuild(error: dict[str, Any], label: str) -> EdgeconvError:
    kind = getattr(errors, error["kind"], None)
    if kind is None:
        return ChildDied(f"{label} failed: {error['message']}", reasons=error["reasons"], hint=error["hint"])
    rebuilt: EdgeconvError = kind(error["message"], reasons=error["reasons"], hint=error["hint"])
    return rebuilt


def _serve(read: int, write: int) -> None:
    """The child's side: answer calls line by line until the parent closes the pipe."""
    with os.fdopen(read, "rb") as calls, os.fdopen(write, "wb") as replies:
        for line in calls:
            call = json.loads(line)
            reply: dict[str, Any]
            try:
                module, _, name = call["function"].partition(":")
                function = getattr(importlib.import_module(module), name)
                request_type = next(t for k, t in get_type_hints(function).items() if k != "return")
                value = function(request_type.model_validate(call["request"]))
                reply = {"value": value.model_dump(mode="json"), "peak_mib": _peak_mib()}
            except EdgeconvError as error:
                reply = {"error": _told(type(error).__name__, error.message, error.reasons, error.hint)}
            except OSError as error:
                kind = "DiskFull" if disk_is_full(error) else "ToolError"
                reply = {"error": _told(kind, f"{error.strerror or error}", (), None)}
            except MemoryError:
                reply = {"error": _told("", "out of memory", (), "use a smaller model or fewer clips")}
            except Exception as error:  # noqa: BLE001 - a foreign tool may raise anything; the parent reports it
                kind = "DiskFull" if disk_is_full(error) else ""
                last = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno}"
                message = f"{type(error).__name__}: {str(error)[:2000]}"
                reply = {"error": _told(kind, message, (f"raised in {where}",), None)}
            replies.write(json.dumps(reply).encode() + b"\n")
            replies.flush()


def _peak_mib() -> float:
    """Of this process alone; Linux hands a child's ru_maxrss down from its parent."""
    try:
        lines = Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _told(kind: str, message: str, reasons: tuple[str, ...], hint: str | None) -> dict[str, Any]:
    return {"kind": kind, "message": message, "reasons": list(reasons), "hint": hint}


if __name__ == "__main__":
    end_with(int(sys.argv[1]))
    _serve(int(sys.argv[2]), int(sys.argv[3]))
