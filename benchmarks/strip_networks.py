"""The networks whose strip fold is measured, as factories that `edgeconv export` takes: no argument, clip beside it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

TESTS = Path(__file__).resolve().parents[1] / "tests"


@dataclass(frozen=True)
class Subject:
    source: str
    """As `edgeconv export` takes it."""
    clip: tuple[int, ...]
    """N C T H W."""


def _zoo(name: str, *clip: int) -> Subject:
    return Subject(f"{Path(__file__).resolve()}:{name}", (1, 3, *clip))


SUBJECTS = {
    **{n: Subject(n, (1, 3, 16, 224, 224)) for n in ("eco-lite-4d-add", "eco-lite-4d-concat", "eco-lite-3d")},
    "r3d_18": _zoo("r3d_18", 16, 112, 112),
    "r2plus1d_18": _zoo("r2plus1d_18", 16, 112, 112),
    "x3d_s": _zoo("x3d_s", 13, 160, 160),
}
"""At the size that their papers use."""


def r3d_18() -> Any:
    return _built("torchvision_nets", "r3d_18")


def r2plus1d_18() -> Any:
    return _built("torchvision_nets", "r2plus1d_18")


def x3d_s() -> Any:
    return _built("pytorchvideo_nets", "x3d_s")


def _built(module: str, name: str) -> Any:
    sys.path.insert(0, str(TESTS))
    return getattr(import_module(f"zoo.{module}"), name)((SUBJECTS[name].clip,))
