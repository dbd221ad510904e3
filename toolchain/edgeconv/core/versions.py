"""Versions of everything that takes part in an export."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

PACKAGES = (
    "numpy",
    "torch",
    "onnx",
    "onnxscript",
    "onnxruntime",
    "onnxsim",
    "ai-edge-litert",
    "tflite-runtime",
    "tensorflow",
    "av",
    "flatbuffers",
    "pydantic",
    "typer",
)


def package_versions() -> dict[str, str]:
    """Installed packages by name; what is not installed is left out."""
    found: dict[str, str] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
