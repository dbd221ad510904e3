"""Clips as strips of batch 1 against clips as a batch of frames: what Vela makes of both."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import strip_files
from results import StripNet, StripVela
from strip_networks import SUBJECTS

from edgeconv import compilers, inspection
from edgeconv.core.report import Compilation
from edgeconv.profiles import load_profile

VARIABLE = "EDGECONV_VELA"


@dataclass(frozen=True)
class Run:
    target: str
    profile: str
    """Says how gaps are cleared."""
    frames: bool
    """False: strips alone."""
    program: Path | None = None
    """Another Vela than the installed one."""

    @property
    def files(self) -> Iterator[str]:
        if self.frames:
            yield strip_files.FRAMES
        yield strip_files.strip_name(load_profile(self.profile).gaps)


def runs(vela4: Path | None) -> tuple[Run, ...]:
    """Vela 4 takes no batch, so that only strips are given to it."""
    found = Run("ethos-u55-256", "ethos-u55", True), Run("ethos-u65-256", "ethos-u65", True)
    return (*found, Run("ethos-u55-256", "ethos-u55", False, vela4)) if vela4 else found


def measure(name: str, cache: Path, todo: Sequence[Run]) -> StripNet:
    """Make the files of a network and compile them.

    Raises:
        RuntimeError: Vela is missing or fails; its words are told.
    """
    folder, made = strip_files.files(name, cache)
    return StripNet(
        clip="×".join(map(str, SUBJECTS[name].clip[2:])),
        ops=made.ops,
        steps_apart=made.steps_apart,
        vela=tuple(_compiled(folder / f"{f}.tflite", run) for run in todo for f in run.files),
    )


def _compiled(file: Path, run: Run) -> StripVela:
    with tempfile.TemporaryDirectory() as scratch, _vela(run.program):
        copied = Path(scratch, "model.tflite")
        copied.write_bytes(file.read_bytes())
        made = compilers.compile_model(run.target, inspection.inspect_file(copied), Path(scratch))
    if made is None or made.outcome != "compiled":
        raise RuntimeError(f"{file} was not compiled for {run.target}: {made.why if made else 'it has no compiler'}")
    found = StripVela(
        target=run.target,
        version=made.version,
        file=file.stem,
        on_npu=made.count(True),
        on_cpu=made.count(False),
        ms=round(_number(made, "estimated time of the ops on the NPU"), 1),
        sram_mib=round(_number(made, "SRAM used") / 1024, 1),
    )
    print(f"{file.parent.name}: {found}", flush=True)
    return found


def _number(made: Compilation, name: str) -> float:
    """0 where Vela does not tell it."""
    return next((m.value for m in made.measures if m.name == name), 0.0)


@contextmanager
def _vela(program: Path | None) -> Iterator[None]:
    """Name the program while it is used; None: the one of this environment."""
    before = os.environ.pop(VARIABLE, None)
    if program is not None:
        os.environ[VARIABLE] = str(program)
    try:
        yield
    finally:
        os.environ.pop(VARIABLE, None)
        if before is not None:
            os.environ[VARIABLE] = before
