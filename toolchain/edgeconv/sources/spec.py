"""Source specifications: which network, before anything heavy is imported."""

from __future__ import annotations

import math
from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from edgeconv.core.errors import UsageError, did_you_mean

GROUP = "edgeconv.models"
Kind = Literal["built-in model", "factory", "onnx file", "pt2 file"]
FILES: dict[str, Kind] = {".onnx": "onnx file", ".pt2": "pt2 file"}

Shape = tuple[int, ...]
Shapes = tuple[Shape, ...] | dict[str, Shape]
"""Input shapes in the order of the inputs, or by their names."""
Layouts = tuple[str, ...] | dict[str, str]


class SourceSpec(BaseModel):
    """Which network, before anything heavy is imported."""

    model_config = ConfigDict(frozen=True)

    text: str
    """What the user wrote."""
    kind: Kind
    location: str
    """'package.module:factory', '/path/file.py:factory', '/path/model.onnx' or '/path/program.pt2'."""
    options: dict[str, str] = {}
    """Factory arguments as written; read as Python literals where they are."""
    weights: Path | None = None
    input_shapes: Shapes = ()
    input_layouts: Layouts = ()
    seed: int = 0

    @property
    def name(self) -> str:
        """A short name for reports and folders."""
        if self.kind == "built-in model":
            return self.text
        return self.location.rpartition(":")[2] if self.kind == "factory" else Path(self.location).stem

    @property
    def from_file(self) -> bool:
        """The network and its weights come as one file; nothing is built."""
        return self.kind in FILES.values()


def registered() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=GROUP)}


def model_names() -> tuple[str, ...]:
    """Names that anyone registered under the entry-point group 'edgeconv.models'."""
    return tuple(sorted(registered()))


def resolve(
    text: str,
    *,
    options: dict[str, str] | None = None,
    weights: Path | None = None,
    input_shape: Shape | Shapes | None = None,
    input_layout: str | Layouts | None = None,
    seed: int = 0,
) -> SourceSpec:
    """Read what the user wrote.

    Args:
        text: a registered name, 'package.module:factory', 'file.py:factory', or the path of an .onnx or .pt2 file.
        options: arguments of the factory, as written.
        weights: a checkpoint for the network that the factory builds.
        input_shape: of the only input; of several inputs in their order, or by name.
        input_layout: one letter of N C T H W per axis (D is taken for T), for one or several inputs alike.
        seed: of everything random.

    Raises:
        UsageError: no such model or file; a weights file that is not there; a layout that does not fit.
    """
    if weights is not None and not weights.is_file():
        raise UsageError(f"the weights file '{weights}' does not exist", hint="give the path of a checkpoint")
    shapes, layouts = read_shapes(input_shape), read_layouts(input_layout)
    refuse_misfits(shapes, layouts)
    kind, location = _locate(text)
    if kind in FILES.values() and weights is not None:
        raise UsageError(f"{_article(kind)} holds its own weights", hint="leave --weights out")
    if kind in FILES.values() and options:
        raise UsageError(f"{_article(kind)} takes no factory arguments", hint="leave --set out")
    return SourceSpec(
        text=text,
        kind=kind,
        location=location,
        options=options or {},
        weights=weights,
        input_shapes=shapes,
        input_layouts=layouts,
        seed=seed,
    )


def _article(kind: Kind) -> str:
    suffix = next(s for s, k in FILES.items() if k == kind)
    return f"{'an' if suffix == '.onnx' else 'a'} {suffix} file"


def read_shapes(given: Shape | Shapes | None) -> Shapes:
    if given is None:
        return ()
    if isinstance(given, Mapping):
        shapes: Shapes = dict(given)
    elif given and all(isinstance(g, tuple) for g in given):
        shapes = tuple(g for g in given if isinstance(g, tuple))
    else:
        shapes = (tuple(g for g in given if isinstance(g, int)),)
    for shape in shapes.values() if isinstance(shapes, dict) else shapes:
        if not shape or min(shape) < 1 or math.prod(shape) > 2**31:
            raise UsageError(f"the input shape {list(shape)} is not possible")
    return shapes


def read_layouts(given: str | Layouts | None) -> Layouts:
    if given is None:
        return ()
    if isinstance(given, str):
        return (_axes(given),)
    if isinstance(given, Mapping):
        return {name: _axes(text) for name, text in given.items()}
    return tuple(map(_axes, given))


def _axes(text: str) -> str:
    """The letters in capitals; volumes call their first axis D, which goes through the network as T does."""
    axes = text.upper()
    if "T" not in axes:
        axes = axes.replace("D", "T", 1)
    if not axes or len(set(axes)) != len(axes) or not set(axes) <= set("NCTHW"):
        raise UsageError(f"'{text}' is not an axis order", hint="use each of N C T H W once, such as NCTHW")
    return axes


def refuse_misfits(shapes: Shapes, layouts: Layouts) -> None:
    """Only what is sure without the network: it may tell the shapes that are not given."""
    if isinstance(shapes, dict) and isinstance(layouts, dict):
        pairs = [(shapes[name], layouts[name]) for name in layouts if name in shapes]
    elif isinstance(shapes, tuple) and isinstance(layouts, tuple):
        pairs = list(zip(shapes, layouts, strict=False))
    else:
        return
    for shape, axes in pairs:
        if len(axes) != len(shape):
            raise UsageError(f"layout {axes} names {len(axes)} axes, but the input shape has {len(shape)}")


def _locate(text: str) -> tuple[Kind, str]:
    known = registered()
    if text in known:
        return "built-in model", known[text].value
    if kind := FILES.get(Path(text).suffix):
        if Path(text).is_dir():
            raise UsageError(f"'{text}' is a folder, not a model file")
        if not Path(text).is_file():
            what = "is not a regular file" if Path(text).exists() else "does not exist"
            raise UsageError(f"the model file '{text}' {what}")
        return kind, str(Path(text).resolve())
    file, colon, factory = text.rpartition(":")
    if colon and file.endswith(".py"):
        if not Path(file).is_file():
            raise UsageError(f"the file '{file}' does not exist")
        return "factory", f"{Path(file).resolve()}:{factory}"
    if colon and file and factory:
        return "factory", text
    hint = did_you_mean(text, tuple(known))
    raise UsageError(
        f"there is no model '{text}'",
        hint=f"{hint} (also taken: package.module:factory, file.py:factory, model.onnx, program.pt2)",
    )
