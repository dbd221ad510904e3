"""Arm Ethos-U55, U65 and U85: what Vela places on the NPU, by Vela version."""

from __future__ import annotations

from dataclasses import replace

from edgeconv.targets.constraints.ethosu import vela4, vela5
from edgeconv.targets.data import ethosu
from edgeconv.targets.notes.ethosu import ethosu_notes
from edgeconv.targets.partitions import npu_whole
from edgeconv.targets.target import Target

CONFIGURATIONS = {"u55": (64, 128, 256), "u65": (256, 512), "u85": (128, 256, 512, 1024, 2048)}
"""Multiply-accumulates per cycle of each family."""


def _target(family: str, macs: int) -> Target:
    name, is_u85 = f"ethos-{family}-{macs}", family == "u85"
    five = Target(
        name=name,
        title=f"Arm Ethos-{family.upper()}-{macs}",
        description=(
            f"An NPU of {macs} multiply-accumulates per cycle beside a Cortex-M or Cortex-A. Predicts what Vela 5.2 "
            f"places on it; '{name}@4.5' does so for Vela 4.5."
        ),
        ops=ethosu.VELA_5_U85 if is_u85 else ethosu.VELA_5_U55,
        constraints=vela5.ETHOS_U85 if is_u85 else vela5.ETHOS_U55,
        consequences={
            "accelerated": "Vela places the op on the NPU",
            "cpu": "Vela leaves it to a TFLite Micro kernel on the CPU",
            "unsupported": "Vela does not compile the file",
            "unknown": "this case was not compiled here",
        },
        partition=npu_whole,
        notes=ethosu_notes,
        versions={"ethos-u-vela": "5.2.0"},
        sources=("https://pypi.org/project/ethos-u-vela/",),
    )
    four = replace(
        five,
        name=f"{name}@4.5",
        title=f"{five.title} with Vela 4.5",
        description=f"As '{name}', for the rules of Vela 4.5.",
        ops=ethosu.VELA_4_U85 if is_u85 else ethosu.VELA_4_U55,
        constraints=vela4.ETHOS_U85 if is_u85 else vela4.ETHOS_U55,
        versions={"ethos-u-vela": "4.5.0"},
    )
    return replace(five, editions={"5.2": five, "4.5": four})


TARGETS = tuple(_target(family, macs) for family, sizes in CONFIGURATIONS.items() for macs in sizes)
