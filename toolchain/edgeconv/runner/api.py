"""Put run.py into a bundle, and try a bundle's golden vectors in the runtimes that are installed here."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

from pydantic import BaseModel

from edgeconv.core.child import Result, call_once
from edgeconv.core.errors import ToolError, UsageError, did_you_mean

FILES = {"run.py": "run.py", "device.md": "README.md"}
"""Of this package, and their names in a bundle."""


class GoldenRequest(BaseModel):
    folder: Path
    runtime: str
    threads: int


class GoldenRun(BaseModel):
    """How far the answer to one golden vector lies from the expected one, in quantization steps."""

    clip: str
    model: str
    """The file, or the files of a split network, that gave it."""
    values: int
    different: int
    largest_difference: int
    tolerance: int
    sha256: str
    """Of the answer."""


class RuntimeRun(BaseModel):
    """What run.py's self-test told, run in one runtime."""

    passed: bool
    findings: tuple[str, ...]
    runtime: str = ""
    """With its version."""
    golden: tuple[GoldenRun, ...]
    milliseconds: dict[str, tuple[float, ...]]


def write_runner(folder: Path) -> None:
    """Copy run.py and its README.md into a bundle."""
    for own, name in FILES.items():
        shutil.copyfile(Path(__file__).with_name(own), folder / name)


def choose_runtimes(wanted: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The wanted TFLite runtimes, or those that are installed; none is imported.

    TensorFlow's takes many seconds to load, so unless it is wanted it is chosen only where there is no other.

    Raises:
        UsageError: a wanted one is not known or not installed.
    """
    from edgeconv.runner.run import RUNTIMES

    installed = [name for name, module in RUNTIMES.items() if find_spec(module.split(".")[0]) is not None]
    for name in wanted:
        if name not in RUNTIMES:
            raise UsageError(f"there is no runtime '{name}'", hint=did_you_mean(name, list(RUNTIMES)))
        if name not in installed:
            raise UsageError(f"the runtime '{name}' is not installed", hint=f"installed: {', '.join(installed)}")
    light = [name for name in installed if name != "tensorflow"]
    return tuple(dict.fromkeys(wanted)) or tuple(light or installed)


def try_golden(folder: Path, runtime: str, threads: int = 2, timeout: float = 600) -> Result[RuntimeRun]:
    """Run the self-test of a bundle as its run.py would, but with our copy of it, in a child.

    Raises:
        EdgeconvError: the runtime crashed, hung, or refused the file.
    """
    request = GoldenRequest(folder=folder, runtime=runtime, threads=threads)
    return call_once(runtime, "edgeconv.runner.api:serve", request, RuntimeRun, timeout, threads)


def serve(request: GoldenRequest) -> RuntimeRun:
    """The child's side of :func:`try_golden`."""
    from edgeconv.runner import run

    try:
        bundle = run.Bundle(request.folder)
        how = run.Settings(request.runtime, request.threads)
        return RuntimeRun.model_validate(run.self_test(bundle, lambda: run.for_device(bundle, how)))
    except run.Stop as stop:
        raise ToolError(stop.what, hint=stop.advice or None) from stop
