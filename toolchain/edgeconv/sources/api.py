"""Source specifications, and the child process that builds, loads and exports the network."""

from __future__ import annotations

import math
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import TracebackType
from typing import Literal

from pydantic import BaseModel, ConfigDict

from edgeconv.core.child import Child, Result, call_once
from edgeconv.core.errors import UsageError, did_you_mean

GROUP = "edgeconv.models"
Kind = Literal["built-in model", "factory", "onnx file"]


class SourceSpec(BaseModel):
    """Which network, before anything heavy is imported."""

    model_config = ConfigDict(frozen=True)

    text: str
    """What the user wrote."""
    kind: Kind
    location: str
    """'package.module:factory', '/path/file.py:factory' or '/path/model.onnx'."""
    options: dict[str, str] = {}
    """Factory arguments as written; read as Python literals where they are."""
    weights: Path | None = None
    input_shape: tuple[int, ...] | None = None
    input_layout: str | None = None
    seed: int = 0

    @property
    def name(self) -> str:
        """A short name for reports and folders."""
        if self.kind == "built-in model":
            return self.text
        return Path(self.location).stem if self.kind == "onnx file" else self.location.rpartition(":")[2]


def registered() -> dict[str, EntryPoint]:
    return {e.name: e for e in entry_points(group=GROUP)}


def model_names() -> tuple[str, ...]:
    """Names that anyone registered under the entry-point group 'edgeconv.models'."""
    return tuple(sorted(registered()))


def resolve(
    text: str,
    *,
    options: dict[str, str],
    weights: Path | None,
    input_shape: tuple[int, ...] | None,
    input_layout: str | None,
    seed: int,
) -> SourceSpec:
    """Read what the user wrote.

    Raises:
        UsageError: no such model or file; a weights file that is not there; a layout that does not fit.
    """
    if weights is not None and not weights.is_file():
        raise UsageError(f"the weights file '{weights}' does not exist", hint="give the path of a checkpoint")
    if input_layout is not None:
        axes = input_layout.upper()
        if len(set(axes)) != len(axes) or not set(axes) <= set("NCTHW"):
            raise UsageError(f"'{input_layout}' is not an axis order", hint="use each of N C T H W once, such as NCTHW")
        if input_shape is not None and len(axes) != len(input_shape):
            raise UsageError(f"layout {axes} names {len(axes)} axes, but the input shape has {len(input_shape)}")
        input_layout = axes
    if input_shape is not None and (not input_shape or min(input_shape) < 1 or math.prod(input_shape) > 2**31):
        raise UsageError(f"the input shape {list(input_shape)} is not possible")
    kind, location = _locate(text)
    if kind == "onnx file" and weights is not None:
        raise UsageError("an .onnx file holds its own weights", hint="leave --weights out")
    if kind == "onnx file" and options:
        raise UsageError("an .onnx file takes no factory arguments", hint="leave --set out")
    return SourceSpec(
        text=text,
        kind=kind,
        location=location,
        options=options,
        weights=weights,
        input_shape=input_shape,
        input_layout=input_layout,
        seed=seed,
    )


def _locate(text: str) -> tuple[Kind, str]:
    known = registered()
    if text in known:
        return "built-in model", known[text].value
    if text.endswith(".onnx"):
        if not Path(text).is_file():
            raise UsageError(f"the model file '{text}' does not exist")
        return "onnx file", str(Path(text).resolve())
    file, colon, factory = text.rpartition(":")
    if colon and file.endswith(".py"):
        if not Path(file).is_file():
            raise UsageError(f"the file '{file}' does not exist")
        return "factory", f"{Path(file).resolve()}:{factory}"
    if colon and file and factory:
        return "factory", text
    raise UsageError(
        f"there is no model '{text}'",
        hint=did_you_mean(text, tuple(known)) + " (also taken: package.module:factory, file.py:factory, model.onnx)",
    )


class Description(BaseModel):
    """What must be known of the network before clips can be read."""

    input_name: str = "clip"
    input_shape: tuple[int, ...]
    input_layout: str
    parameters: int
    macs: int
    """Of one clip, 0 when unknown."""
    summary: str = ""
    """First line of the factory's docstring."""


class InputInfo(BaseModel):
    """One input of the network."""

    model_config = ConfigDict(frozen=True)

    name: str
    shape: tuple[int, ...]
    layout: str = ""
    """One letter of N C T H W per axis; '' where the axes have no such meaning or it is not known."""
    dtype: str = "float32"


class ExportOnlyRequest(BaseModel):
    spec: SourceSpec
    target: Path
    """Where to write the exported model."""
    opset: int
    threads: int = 2


class Exported(BaseModel):
    """An ONNX file of static shapes, written without any clip having been read."""

    inputs: tuple[InputInfo, ...]
    weights: str
    """Where the weights come from, in words."""
    untrained: bool
    exporter: str
    notes: tuple[str, ...] = ()


class PrepareRequest(BaseModel):
    spec: SourceSpec
    calibration: Path
    """.npy float32 [clips, ...input shape without N=1 ...], in the input's layout."""
    verification: Path
    onnx: Path
    """Where to write the exported model."""
    reference: Path
    """Where to write the eager outputs on the verification clips, .npy."""
    opset: int
    threads: int = 2


class Prepared(BaseModel):
    weights: str
    untrained: bool
    exporter: str
    has_reference: bool
    """False for an .onnx file: there is no PyTorch to compare with."""
    notes: tuple[str, ...] = ()


class SourceSession:
    """The source's child process: describe first, then prepare; the network stays built in between."""

    def __init__(self, spec: SourceSpec, threads: int) -> None:
        self.spec = spec
        self._child = Child("the model's process", threads)

    def __enter__(self) -> SourceSession:
        self._child.__enter__()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._child.__exit__(kind, error, tb)

    @property
    def _module(self) -> str:
        return "onnx_worker" if self.spec.kind == "onnx file" else "torch_worker"

    def describe(self) -> Result[Description]:
        """Build the network and tell its input."""
        return self._child.call(f"edgeconv.sources.{self._module}:describe", self.spec, Description)

    def prepare(self, request: PrepareRequest) -> Result[Prepared]:
        """Load or seed the weights, export to ONNX, run the reference on the verification clips."""
        return self._child.call(f"edgeconv.sources.{self._module}:prepare", request, Prepared)


def open_source(spec: SourceSpec, threads: int = 2) -> SourceSession:
    return SourceSession(spec, threads)


def export_onnx(spec: SourceSpec, target: Path, opset: int, threads: int = 2) -> Result[Exported]:
    """Write static-shape ONNX to ``target``, in a child process of its own, without clips.

    The network is built (or its file loaded), given its weights (``--weights``, or the factory's own seeded ones) and
    exported. Inputs may have any rank and any number of channels.

    Raises:
        UsageError: it cannot be built or its weights do not fit.
        ModelError: it cannot be exported; every exporter's reason is listed.
        ChildDied: the exporter crashed.
    """
    module = "onnx_worker" if spec.kind == "onnx file" else "torch_worker"
    request = ExportOnlyRequest(spec=spec, target=target, opset=opset, threads=threads)
    function = f"edgeconv.sources.{module}:export_only"
    return call_once("the model's process", function, request, Exported, threads=threads)
