"""A built wheel carries everything that the checkout has, and works from where it is unpacked."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from edgeconv.profiles import load_profile, profile_names

Python = Callable[[str], Any]


def shipped(checkout: Path) -> dict[str, bytes]:
    """Every file of both packages by its name in the wheel; `export_profiles` is a link here and a folder there."""
    found = {}
    for package in (checkout / "toolchain" / "edgeconv", checkout / "models" / "edgeconv_models"):
        for folder, _, files in os.walk(package, followlinks=True):
            paths = [Path(folder, f) for f in files if "__pycache__" not in folder]
            found |= {p.relative_to(package.parent).as_posix(): p.read_bytes() for p in paths}
    return found


@pytest.fixture(scope="module")
def python(wheel: Any, tmp_path_factory: pytest.TempPathFactory) -> Python:
    """Runs a line in another folder with the unzipped wheel before the checkout; returns what it prints as JSON."""

    def run(code: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path_factory.mktemp("elsewhere"),
            env={**os.environ, "PYTHONPATH": str(wheel.folder)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_it_holds_every_file_of_both_packages(wheel: Any, copy: Path) -> None:
    expected = shipped(copy)
    assert {n for n in wheel.names if ".dist-info/" not in n} == set(expected)
    assert {
        "edgeconv/py.typed",
        "edgeconv_models/py.typed",
        "edgeconv/export_profiles/tflite.yaml",
        "edgeconv/report/templates/report.html.j2",
        "edgeconv/report/templates/report.css",
        "edgeconv/report/templates/report.js",
        "edgeconv/__main__.py",
    } <= set(expected)
    changed = [n for n, data in expected.items() if (wheel.folder / n).read_bytes() != data]
    assert changed == []


def test_a_wheel_by_way_of_a_source_archive_is_the_same(wheel: Any, wheel_by_sdist: Any) -> None:
    def digests(made: Any) -> dict[str, str]:
        code = (n for n in made.names if ".dist-info/" not in n)
        return {n: hashlib.sha256((made.folder / n).read_bytes()).hexdigest() for n in code}

    assert digests(wheel_by_sdist) == digests(wheel)


def test_profiles_load_from_the_wheel(wheel: Any, python: Python) -> None:
    told = python(
        "import json, edgeconv.profiles as p;"
        "digests = {n: p.load_profile(n).sha256 for n in p.profile_names()};"
        "print(json.dumps([p.__file__, str(p.profile_folder()), digests]))"
    )
    module, folder, digests = told
    assert Path(module).is_relative_to(wheel.folder)
    assert Path(folder) == wheel.folder / "edgeconv" / "export_profiles"
    assert not Path(folder).is_symlink()
    assert digests == {name: load_profile(name).sha256 for name in profile_names()}


def test_the_command_runs_from_the_wheel(python: Python) -> None:
    told = python(
        "import sys, edgeconv.__main__ as m; sys.argv = ['edgeconv', 'profiles', '--json']; sys.exit(m.main())"
    )
    assert "raspberry-pi" in json.dumps(told)


def test_the_report_finds_its_templates_in_the_wheel(wheel: Any, python: Python) -> None:
    found = python(
        "import json, jinja2; loader = jinja2.PackageLoader('edgeconv.report');"
        "print(json.dumps([loader.list_templates(), loader.get_source(jinja2.Environment(), 'report.css')[1]]))"
    )
    names, place = found
    assert {"report.html.j2", "report.css", "report.js"} <= set(names)
    assert Path(place).is_relative_to(wheel.folder)


def test_entry_points(wheel: Any) -> None:
    points = configparser.ConfigParser()
    points.read_string(wheel.read("entry_points.txt"))
    assert dict(points["console_scripts"]) == {
        "edgeconv": "edgeconv.__main__:main",
        "edgeconv-train": "edgeconv_models.training.command:main",
    }
    assert set(points["edgeconv.models"]) == {
        "eco-lite-3d",
        "eco-lite-4d-add",
        "eco-lite-4d-concat",
        "eco-lite-4d-sequential",
    }
    assert dict(points["edgeconv.models"]) == {e.name: e.value for e in entry_points(group="edgeconv.models")}


def test_it_is_for_python_3_10_to_3_13(wheel: Any) -> None:
    wanted = SpecifierSet(wheel.metadata["Requires-Python"])
    versions = ("3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
    assert [v for v in versions if f"{v}.5" in wanted] == ["3.10", "3.11", "3.12", "3.13"]
    assert wheel.file.name.endswith("-py3-none-any.whl")


def wanted(wheel: Any, name: str, python: str, system: str = "linux") -> list[str]:
    """Versions of a package that are asked for, without extras, on that Python."""
    environment = {"python_version": python, "sys_platform": system, "extra": ""}
    found = [Requirement(r) for r in wheel.metadata.get_all("Requires-Dist")]
    return [
        str(r.specifier)
        for r in found
        if r.name.lower() == name and (r.marker is None or r.marker.evaluate(environment))
    ]


@pytest.mark.parametrize("python", ["3.10", "3.11"])
def test_up_to_3_11_tflite_runtime_judges_too(wheel: Any, python: str) -> None:
    assert wanted(wheel, "tflite-runtime", python) == ["==2.14.0"]
    assert wanted(wheel, "tflite-runtime", python, "darwin") == []
    (numpy,) = wanted(wheel, "numpy", python)
    assert "1.26.4" in SpecifierSet(numpy)
    assert "2.0.0" not in SpecifierSet(numpy)


@pytest.mark.parametrize("python", ["3.12", "3.13"])
def test_above_litert_judges_alone(wheel: Any, python: str) -> None:
    assert wanted(wheel, "tflite-runtime", python) == []
    (numpy,) = wanted(wheel, "numpy", python)
    assert "2.1.0" in SpecifierSet(numpy)


@pytest.mark.parametrize("python", ["3.10", "3.11", "3.12", "3.13"])
@pytest.mark.parametrize("name", ["numpy", "ai-edge-litert", "torch", "onnx", "onnxruntime", "onnxsim", "typer", "av"])
def test_every_package_is_asked_for_exactly_once(wheel: Any, python: str, name: str) -> None:
    assert len(wanted(wheel, name, python)) == 1


def test_tensorflow_is_only_asked_for_by_extras(wheel: Any) -> None:
    assert wanted(wheel, "tensorflow", "3.11") == []
    assert set(wheel.metadata.get_all("Provides-Extra")) == {"dev", "ethos-u", "tensorflow", "zoo"}


def test_imports_of_the_road_are_dependencies(wheel: Any, copy: Path) -> None:
    """Every foreign package that the code names is one that the wheel asks for (or the standard library has)."""
    import ast

    imported = set()
    for path in [*copy.rglob("toolchain/**/*.py"), *copy.rglob("models/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                imported |= {a.name.split(".")[0] for a in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported.add(node.module.split(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"edgeconv", "edgeconv_models"}
    asked = {Requirement(r).name.lower() for r in wheel.metadata.get_all("Requires-Dist") if "extra ==" not in r}
    called = {"yaml": "pyyaml", "google": "protobuf"}
    on_a_device = {"cv2"}  # run.py takes OpenCV where it is there
    assert {called.get(n, n.replace("_", "-")) for n in foreign} - asked - on_a_device <= {"tensorflow"}
