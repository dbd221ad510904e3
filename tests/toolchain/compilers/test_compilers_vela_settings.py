"""Settings of Vela: what a profile names is in Vela's configuration file, and reaches Vela."""

from __future__ import annotations

import configparser
from importlib.util import find_spec
from pathlib import Path

import pytest
from compilers_cases import given

from edgeconv import compilers
from edgeconv.compilers.vela_settings import MEMORIES, SYSTEMS, chosen
from edgeconv.core.errors import UsageError
from edgeconv.profiles import IniFile, VelaProfile

OWN = IniFile(
    name="board.ini",
    text="""
[System_Config.My_Board]
core_clock=4e8
axi0_port=Sram
axi1_port=OffChipFlash
Sram_clock_scale=1.0
Sram_burst_length=32
Sram_read_latency=32
Sram_write_latency=32
OffChipFlash_clock_scale=0.0625
OffChipFlash_burst_length=128
OffChipFlash_read_latency=64
OffChipFlash_write_latency=64
[Memory_Mode.My_Memory]
const_mem_area=Axi1
arena_mem_area=Axi0
cache_mem_area=Axi0
""",
)


def test_the_names_are_those_of_the_file_that_comes_with_vela() -> None:
    package = find_spec("ethosu")
    assert package is not None
    assert package.submodule_search_locations is not None
    parser = configparser.ConfigParser()
    assert parser.read(Path(package.submodule_search_locations[0]) / "config_files" / "Arm" / "vela.ini")
    known = {f"System_Config.{name}" for names in SYSTEMS.values() for name in names}
    assert known | {f"Memory_Mode.{name}" for name in MEMORIES} == set(parser.sections())


@pytest.mark.parametrize("target", ["ethos-u55-64", "ethos-u65-512", "ethos-u85-1024"])
def test_defaults_are_in_the_file(target: str) -> None:
    settings = chosen(target, VelaProfile())
    assert settings["system-config"] in SYSTEMS[target.split("-")[1]]
    assert settings["memory-mode"] in MEMORIES
    assert set(settings) == {"config", "system-config", "memory-mode"}


def test_all_that_is_wrong_is_told_with_what_there_is() -> None:
    with pytest.raises(UsageError) as caught:
        compilers.check_settings("ethos-u55-64", VelaProfile(system_config="Ethos_U65_High_End", memory_mode="Fast"))
    system, memory = caught.value.reasons
    assert "Ethos_U55_Deep_Embedded, Ethos_U55_High_End_Embedded" in system
    assert "Sram_Only, Shared_Sram" in memory
    with pytest.raises(UsageError, match="asks Vela") as caught:
        compilers.check_settings("ethos-u55-64", VelaProfile(config=OWN))
    assert "'Ethos_U55_High_End_Embedded': board.ini has for Ethos-U55 My_Board" in caught.value.reasons[0]
    with pytest.raises(UsageError, match=r"board\.ini' is no configuration file"):
        compilers.check_settings("ethos-u55-64", VelaProfile(config=IniFile(name="board.ini", text="no section")))


@pytest.mark.parametrize(("target", "words"), [("coral", "edgetpu_compiler"), ("tflite", "has no compiler")])
def test_other_targets_have_none_of_them(target: str, words: str) -> None:
    compilers.check_settings(target, VelaProfile())
    with pytest.raises(UsageError, match=words):
        compilers.check_settings(target, VelaProfile(optimise="Size"))


@pytest.mark.parametrize(
    ("wanted", "clock"),
    [
        (VelaProfile(memory_mode="Sram_Only", optimise="Size", arena_cache_size=400_000), 500),
        (VelaProfile(system_config="Ethos_U55_Deep_Embedded"), 200),
        (VelaProfile(config=OWN, system_config="My_Board", memory_mode="My_Memory"), 400),
    ],
)
def test_vela_takes_them(tmp_path: Path, wanted: VelaProfile, clock: float) -> None:
    made = compilers.compile_model("ethos-u55-256", given(tmp_path), tmp_path, wanted)
    assert made is not None
    assert made.outcome == "compiled", made.why
    assert {m.name: m.value for m in made.measures}["clock of the NPU"] == clock
    told = wanted.model_dump(exclude_none=True, exclude={"config"})
    assert {k.replace("-", "_"): v for k, v in made.settings.items()}.items() >= {
        k: str(v) for k, v in told.items()
    }.items()
    assert {f"--{key}" for key in made.settings} <= set(made.command)
