"""The shape of the house: imports point one way, stations keep to public names, heavy packages load late."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "toolchain" / "edgeconv"
STATIONS = {
    "sources",
    "lowering",
    "tflite",
    "gates",
    "inspection",
    "targets",
    "runtimes",
    "parity",
    "layerwise",
    "compilers",
    "video",
    "bundle",
    "report",
    "changes",
    "runner",
    "recipes",
    "evaluation",
}
LAYERS = {
    "core": 0,
    "profiles": 1,
    **dict.fromkeys(STATIONS, 2),
    "steps": 3,
    "pipeline": 4,
    "bench_road": 4,
    "layers_road": 4,
    "evaluate_road": 4,
    "short_road": 4,
    "cli": 5,
    "lowered_model": 4,
    "api": 5,
    "__main__": 6,
}
ALLOWED_BETWEEN_STATIONS = {
    ("parity", "runtimes"),
    ("sources", "runtimes"),
    ("layerwise", "lowering"),
    ("layerwise", "runtimes"),
    ("compilers", "inspection"),
}


def _imports() -> list[tuple[str, str]]:
    """(module, imported edgeconv module) for every import in the package."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module == "edgeconv":
                names = [f"edgeconv.{a.name}" for a in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [a.name for a in node.names]
            found += [(module, n.removeprefix("edgeconv.")) for n in names if n.startswith("edgeconv.")]
    return found


def _top(module: str) -> str:
    return module.split(".")[0]


def test_imports_point_one_way() -> None:
    wrong = [
        (module, imported)
        for module, imported in _imports()
        if _top(imported) in LAYERS and _top(module) in LAYERS and LAYERS[_top(imported)] > LAYERS[_top(module)]
    ]
    assert wrong == []


def test_stations_do_not_import_each_other() -> None:
    crossing = {
        (_top(module), _top(imported))
        for module, imported in _imports()
        if _top(module) in STATIONS and _top(imported) in STATIONS and _top(module) != _top(imported)
    }
    assert crossing == ALLOWED_BETWEEN_STATIONS


def test_only_public_names_of_a_station_are_used_from_outside() -> None:
    inside = [
        (module, imported)
        for module, imported in _imports()
        if _top(imported) in STATIONS and _top(imported) != _top(module) and "." in imported
    ]
    assert inside == []


def test_models_do_not_know_the_toolchain() -> None:
    models = PACKAGE.parents[1] / "models"
    assert [
        p.name for p in models.rglob("*.py") if "import edgeconv\n" in p.read_text() or "edgeconv." in p.read_text()
    ] == []


@pytest.mark.parametrize("module", ["edgeconv", "edgeconv.__main__", "edgeconv_models"])
def test_importing_is_light(module: str) -> None:
    code = (
        f"import sys, {module}; print([m for m in ('torch', 'tensorflow', 'onnx', 'numpy', 'av') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_parent_of_an_export_never_imports_torch() -> None:
    code = (
        "import sys, edgeconv.pipeline; print([m for m in ('torch', 'tensorflow', 'onnxruntime') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
