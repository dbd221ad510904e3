"""Google's edgetpu_compiler for the Coral Edge TPU. Its terminal output with `-s` counts ops by kind and status::

On-chip memory used for caching model parameters: 6.86MiB
Number of operations that will run on Edge TPU: 83

Operator                       Count      Status

ADD                            10         Mapped to Edge TPU
LOGISTIC                       1          More than one subgraph is not supported
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeconv.compilers.compiler import Told
from edgeconv.core.errors import UsageError
from edgeconv.core.report import Measure
from edgeconv.profiles import VelaProfile

_MAPPED = "Mapped to Edge TPU"
_ROW = re.compile(r"(?P<kind>[A-Za-z][\w-]*)\s+(?P<count>\d+)\s+(?P<status>\S.*)")
_COUNTS = (
    # words of the compiler, words for people
    ("Number of operations that will run on Edge TPU", "ops on the Edge TPU"),
    ("Number of operations that will run on CPU", "ops on the CPU"),
    ("Number of Edge TPU subgraphs", "Edge TPU subgraphs"),
)
_SIZES = (
    ("On-chip memory used for caching model parameters", "parameters cached on the chip"),
    ("On-chip memory remaining for caching model parameters", "room left in that cache"),
    ("Off-chip memory used for streaming uncached model parameters", "parameters streamed from outside"),
)
_KIB = {"B": 1 / 1024, "KiB": 1.0, "MiB": 1024.0, "GiB": 1024.0**2}


@dataclass(frozen=True)
class EdgeTpu:
    name: str = "edgetpu_compiler"
    program: str = "edgetpu_compiler"
    variable: str = "EDGECONV_EDGETPU_COMPILER"
    install: str = "Debian package edgetpu-compiler, x86-64 only: https://coral.ai/docs/edgetpu/compiler/"
    custom_op: str = "edgetpu-custom-op"

    def serves(self, target: str) -> bool:
        return target == "coral"

    def settings(self, target: str, wanted: VelaProfile) -> dict[str, str]:
        if wanted != VelaProfile():
            raise UsageError(
                f"the target '{target}' is compiled by {self.name}, which has none of the settings under 'compiler'",
                hint="leave the key out of the profile",
            )
        return {}

    def arguments(self, settings: Mapping[str, str], model: str, version: str) -> tuple[str, ...]:  # noqa: ARG002
        return ("-s", model)

    def compiled_name(self, model: str) -> str:
        return f"{Path(model).stem}_edgetpu.tflite"

    def read(self, output: str, folder: Path) -> Told:  # noqa: ARG002 - all of it is printed
        return Told(_measures(output), by_kind=_unmapped(output))


def _unmapped(output: str) -> dict[str, tuple[str, ...]]:
    """The statuses other than 'mapped' that ops of a kind have."""
    _, _, table = output.partition("Operator ")
    reasons: dict[str, tuple[str, ...]] = {}
    for line in table.splitlines()[1:]:
        row = _ROW.fullmatch(line.strip())
        if row and row["status"] != _MAPPED:
            reasons[row["kind"]] = (*reasons.get(row["kind"], ()), row["status"])
    return reasons


def _measures(output: str) -> tuple[Measure, ...]:
    found = []
    for said, words in _COUNTS:
        if match := re.search(rf"^{said}: (\d+)\s*$", output, re.MULTILINE):
            found.append(Measure(name=words, value=float(match[1])))
    for said, words in _SIZES:
        if match := re.search(rf"^{said}: ([\d.]+)(B|KiB|MiB|GiB)\s*$", output, re.MULTILINE):
            found.append(Measure(name=words, value=float(match[1]) * _KIB[match[2]], unit="KiB"))
    return tuple(found)


EDGETPU = EdgeTpu()
