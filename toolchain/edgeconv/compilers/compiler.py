"""What the station must know of a compiler."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from edgeconv.core.report import Measure
from edgeconv.core.summary import OpInfo
from edgeconv.profiles import VelaProfile


@dataclass(frozen=True)
class Told:
    """What a compiler said of a file that it compiled."""

    measures: tuple[Measure, ...]
    by_name: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Why ops stay on the CPU, by output tensor; an op that is named here is on the CPU."""
    by_kind: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The same by builtin operator, where the compiler names no tensors."""

    def reasons(self, op: OpInfo) -> tuple[str, ...]:
        named = [reason for t in op.outputs for reason in self.by_name.get(t.name, ())]
        return tuple(named) or self.by_kind.get(op.op, ())


class Compiler(Protocol):
    """A program that turns a .tflite file into one for a device."""

    @property
    def name(self) -> str:
        """For people: 'ethos-u-vela'."""

    @property
    def program(self) -> str:
        """What is looked for on PATH."""

    @property
    def variable(self) -> str:
        """The environment variable that names another program."""

    @property
    def install(self) -> str:
        """How a person gets it."""

    @property
    def custom_op(self) -> str:
        """Name of the op that stands for all that the device runs."""

    def serves(self, target: str) -> bool:
        """Whether it compiles for a target."""

    def settings(self, target: str, wanted: VelaProfile) -> dict[str, str]:
        """How it is set for a target that it serves, by the name of the setting.

        Raises:
            UsageError: something is wanted that it does not have; all of it is told.
        """

    def arguments(self, settings: Mapping[str, str], model: str, version: str) -> tuple[str, ...]:
        """Its command line after the program, to be run in the folder of the model; results go there too. An empty
        version is one that is not known."""

    def compiled_name(self, model: str) -> str:
        """The file that it writes."""

    def read(self, output: str, folder: Path) -> Told:
        """What it said in its terminal output and in the files it left in the folder."""
