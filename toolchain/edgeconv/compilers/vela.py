"""Arm's Vela for Ethos-U, version 4 and 5."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edgeconv.compilers.compiler import Told
from edgeconv.compilers.vela_log import cpu_reasons
from edgeconv.compilers.vela_settings import chosen, family
from edgeconv.core.report import Measure
from edgeconv.profiles import VelaProfile

_DEPTH = "10000"
"""Vela 4 walks a graph recursively, and ends at some 500 ops in a row if this is not raised (X3D-S has 600). Vela 5
does not, and is to lose the option."""

_MEASURES = (
    # column of the summary file, words for people, factor, unit
    ("inference_time", "estimated time of the ops on the NPU", 1e3, "ms"),
    ("core_clock", "clock of the NPU", 1e-6, "MHz"),
    ("cycles_total", "cycles of the ops on the NPU", 1, ""),
    ("cycles_npu", "of these, cycles of arithmetic", 1, ""),
    ("nn_macs", "multiply-accumulates on the NPU", 1, ""),
    ("sram_memory_used", "SRAM used", 1, "KiB"),
    ("dram_memory_used", "DRAM used", 1, "KiB"),
    ("on_chip_flash_memory_used", "on-chip flash used", 1, "KiB"),
    ("off_chip_flash_memory_used", "off-chip flash used", 1, "KiB"),
)


@dataclass(frozen=True)
class Vela:
    name: str = "ethos-u-vela"
    program: str = "vela"
    variable: str = "EDGECONV_VELA"
    install: str = "pip install 'edgeconv[ethos-u]'"
    custom_op: str = "ethos-u"

    def serves(self, target: str) -> bool:
        return family(target) is not None

    def settings(self, target: str, wanted: VelaProfile) -> dict[str, str]:
        return {"accelerator-config": target, **chosen(target, wanted)}

    def arguments(self, settings: Mapping[str, str], model: str, version: str) -> tuple[str, ...]:
        depth = ("--recursion-limit", _DEPTH) if version.startswith("4.") else ()
        options = [word for key, value in settings.items() for word in (f"--{key}", value)]
        return (model, *options, "--show-cpu-operations", *depth, "--output-dir", ".")

    def compiled_name(self, model: str) -> str:
        return f"{Path(model).stem}_vela.tflite"

    def read(self, output: str, folder: Path) -> Told:
        return Told(_summary(folder), cpu_reasons(output))


def _summary(folder: Path) -> tuple[Measure, ...]:
    """The numbers of the one CSV file that Vela writes beside its result; none where it wrote none."""
    files = sorted(folder.glob("*_summary_*.csv"))
    if not files:
        return ()
    with files[0].open(encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file), {})
    found = []
    for column, words, factor, unit in _MEASURES:
        try:
            value = float(row[column]) * factor
        except (KeyError, TypeError, ValueError):
            continue  # a version that does not tell this one
        if value:
            found.append(Measure(name=words, value=value, unit=unit))
    return tuple(found)


VELA = Vela()
