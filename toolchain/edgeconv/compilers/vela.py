"""Arm's Vela for Ethos-U, version 4 and 5."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from pathlib import Path

from edgeconv.compilers.compiler import Told
from edgeconv.compilers.vela_log import cpu_reasons
from edgeconv.core.report import Measure

_SYSTEMS = {
    "u55": ("Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "u65": ("Ethos_U65_Client_Server", "Dedicated_Sram_384KB"),
    "u85": ("Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram_384KB"),
}
"""Sections of Arm/vela.ini, which comes with Vela: the ones that it falls back to itself."""
_SIZES = {"u55": (32, 64, 128, 256), "u65": (256, 512), "u85": (128, 256, 512, 1024, 2048)}

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

    def settings(self, target: str) -> dict[str, str] | None:
        match = re.fullmatch(r"ethos-(u\d+)-(\d+)", target)
        if match is None or int(match[2]) not in _SIZES.get(match[1], ()):
            return None
        system, memory = _SYSTEMS[match[1]]
        return {"accelerator-config": target, "config": "Arm/vela.ini", "system-config": system, "memory-mode": memory}

    def arguments(self, target: str, model: str) -> tuple[str, ...]:
        options = [word for key, value in (self.settings(target) or {}).items() for word in (f"--{key}", value)]
        return (model, *options, "--show-cpu-operations", "--output-dir", ".")

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
