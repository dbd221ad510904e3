"""`models`, `targets`, `profiles`, `--version`, `--help`."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from cli_tools import cpu_seconds, edgeconv

from edgeconv import __version__
from edgeconv.cli import cards
from edgeconv.cli.app import app
from edgeconv.profiles import profile_names
from edgeconv.targets import target_names


def test_models_with_their_cost() -> None:
    ran = edgeconv("models", "--json")
    found = {m["name"]: m for m in json.loads(ran.out)["models"]}
    assert ran.code == 0
    assert ran.err == ""
    assert {"eco-lite-3d", "eco-lite-4d-add", "eco-lite-4d-concat", "eco-lite-4d-sequential"} <= set(found)
    model = found["eco-lite-4d-add"]
    assert 17e6 < model["parameters"] < 18e6
    assert 28e9 < model["macs"] < 29e9
    assert model["input_shape"] == [1, 3, 16, 224, 224]
    assert model["description"].startswith("ECO-Lite without 5D")


def test_a_broken_model_does_not_hide_the_others(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = cards.Card(
        name="good", description="Sees.", parameters=1200, macs=34000, input_shape=(1, 3), input_layout="NC"
    )
    monkeypatch.setattr(cards, "read_cards", lambda _: [good, cards.Card(name="bad", problem="it has no module 'x'")])
    app(["models"], standalone_mode=False)
    text = capsys.readouterr().out
    assert "1.20 k parameters · 34.00 kMAC · input 1×3 (NC)" in text
    assert "it has no module 'x'" in text


def test_targets() -> None:
    ran = edgeconv("targets", "--json")
    found = json.loads(ran.out)["targets"]
    assert tuple(t["name"] for t in found) == target_names()
    assert all(c["text"] and c["source"] for t in found for c in t["constraints"])
    text = edgeconv("targets", COLUMNS="80").out
    assert all(name in text for name in target_names())


def test_profiles() -> None:
    found = json.loads(edgeconv("profiles", "--json").out)["profiles"]
    assert tuple(p["name"] for p in found) == profile_names()
    assert all(name in edgeconv("profiles").out for name in profile_names()[:1])


def test_version() -> None:
    assert edgeconv("--version").out == f"edgeconv {__version__}\n"


def test_help_is_instant() -> None:
    times = []
    for _ in range(3):
        began = cpu_seconds()
        assert edgeconv("--help").code == 0
        times.append(cpu_seconds() - began)
    assert min(times) < 0.5


def test_nothing_heavy_is_imported_before_a_command_runs() -> None:
    heavy = "{'numpy', 'onnx', 'torch', 'pydantic', 'rich', 'av', 'yaml'}"
    code = f"import sys, edgeconv.cli.app; print(sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_targets_tell_their_editions_and_formats() -> None:
    found = {t["name"]: t for t in json.loads(edgeconv("targets", "--json").out)["targets"]}
    assert found["ethos-u55-256"]["editions"] == ["ethos-u55-256", "ethos-u55-256@4.5"]
    assert found["coral"]["editions"] == []
    assert found["onnxruntime"]["formats"] == ["onnx"]
