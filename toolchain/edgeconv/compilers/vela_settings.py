"""What Vela can be told of a device: sections of its configuration file, or of one of the user's."""

from __future__ import annotations

import configparser
import re

from edgeconv.core.errors import UsageError
from edgeconv.profiles import IniFile, VelaProfile

_SIZES = {"u55": (32, 64, 128, 256), "u65": (256, 512), "u85": (128, 256, 512, 1024, 2048)}
_DEFAULTS = {
    "u55": ("Ethos_U55_High_End_Embedded", "Shared_Sram"),
    "u65": ("Ethos_U65_Client_Server", "Dedicated_Sram_384KB"),
    "u85": ("Ethos_U85_SYS_DRAM_Mid", "Dedicated_Sram_384KB"),
}
"""The sections that Vela falls back to itself."""
ARM = "Arm/vela.ini"
"""Comes with Vela; found by it under this name."""
SYSTEMS: dict[str, tuple[str, ...]] = {
    "u55": ("Ethos_U55_Deep_Embedded", "Ethos_U55_High_End_Embedded"),
    "u65": ("Ethos_U65_Embedded", "Ethos_U65_Mid_End", "Ethos_U65_High_End", "Ethos_U65_Client_Server"),
    "u85": (
        "Ethos_U85_SYS_Flash_Low",
        "Ethos_U85_SYS_Flash_High",
        "Ethos_U85_SYS_DRAM_Low",
        "Ethos_U85_SYS_DRAM_Mid",
        "Ethos_U85_SYS_DRAM_High",
    ),
}
MEMORIES: tuple[str, ...] = (
    "Sram_Only",
    "Shared_Sram",
    "Dedicated_Sram",
    "Dedicated_Sram_256KB",
    "Dedicated_Sram_384KB",
    "Dedicated_Sram_512KB",
)
"""Sections of Arm/vela.ini, the same in 4.5 and 5.2; written out, so that a name is judged where Vela is absent."""


def family(target: str) -> str | None:
    """'u55' of 'ethos-u55-256'; None for what Vela does not serve."""
    match = re.fullmatch(r"ethos-(u\d+)-(\d+)", target)
    return match[1] if match and int(match[2]) in _SIZES.get(match[1], ()) else None


def chosen(target: str, wanted: VelaProfile) -> dict[str, str]:
    """Options of Vela, without dashes.

    Raises:
        UsageError: the configuration file has no such section; all that are wrong are told.
    """
    kind = family(target)
    assert kind is not None
    system, memory = _DEFAULTS[kind]
    system, memory = wanted.system_config or system, wanted.memory_mode or memory
    file, systems, memories = ARM, SYSTEMS[kind], MEMORIES
    if wanted.config is not None:
        file = wanted.config.name
        systems, memories = _sections(wanted.config)
    reasons = [
        f"{key} '{name}': {file} has for Ethos-{kind.upper()} {', '.join(names) or 'none'}"
        for key, name, names in (("system_config", system, systems), ("memory_mode", memory, memories))
        if name not in names
    ]
    if reasons:
        raise UsageError(
            "the profile asks Vela for what its configuration file does not have",
            reasons=reasons,
            hint="name one of these under 'compiler', or give an .ini file of your own as 'config'",
        )
    options = {"config": file, "system-config": system, "memory-mode": memory}
    options |= {"optimise": wanted.optimise} if wanted.optimise else {}
    return options | ({"arena-cache-size": str(wanted.arena_cache_size)} if wanted.arena_cache_size else {})


def _sections(file: IniFile) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Systems and memory modes of an own file."""
    parser = configparser.ConfigParser()
    try:
        parser.read_string(file.text)
    except configparser.Error as error:
        why = " ".join(str(error).split())
        raise UsageError(f"'{file.name}' is no configuration file for Vela", reasons=[why]) from error
    found = [section.partition(".") for section in parser.sections()]
    systems, memories = (
        tuple(name for kind, _, name in found if kind == wanted) for wanted in ("System_Config", "Memory_Mode")
    )
    return systems, memories
