"""The child process that builds, loads, exports and runs the network, and what goes to and fro."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

from pydantic import BaseModel

from edgeconv.core.child import Child, Result
from edgeconv.core.errors import UsageError, did_you_mean
from edgeconv.core.report import InputInfo
from edgeconv.core.staged_file import StagedFile
from edgeconv.sources.spec import Layouts, Shape, Shapes, SourceSpec

Combine = Literal["add", "concat", "sequential"]
Init = Literal["svd", "slice", "random"]


class Description(BaseModel):
    """What must be known of the network before clips can be read."""

    inputs: tuple[InputInfo, ...]
    """In the order of the exported graph."""
    parameters: int
    macs: int
    """Of one pass, 0 when unknown."""
    summary: str = ""
    """First line of the factory's docstring."""
    notes: tuple[str, ...] = ()
    """What was guessed."""


class PrepareRequest(BaseModel):
    spec: SourceSpec
    calibration: tuple[Path, ...]
    """Per input .npy [samples, ...input shape...], in the input's own layout."""
    verification: tuple[Path, ...]
    onnx: Path
    """Where to write the exported model."""
    reference: Path
    """Where to write the eager outputs on the verification samples, .npy float32 [samples, ...]; further outputs go
    to files numbered as :func:`edgeconv.core.numbered.numbered` does."""
    opset: int
    threads: int = 2


class Prepared(BaseModel):
    weights: str
    untrained: bool
    exporter: str
    has_reference: bool
    """False for an .onnx file: there is no PyTorch to compare with."""
    outputs: int = 1
    """Number of reference files."""
    notes: tuple[str, ...] = ()


class AnswerRequest(BaseModel):
    """Run the network in PyTorch."""

    spec: SourceSpec
    samples: tuple[Path, ...]
    """Per input .npy [samples, ...input shape...], in the input's own layout."""
    outputs: Path
    """.npy that receives the outputs, float32 [samples, ...]; further ones as in :class:`PrepareRequest`."""
    threads: int = 2


class Answered(BaseModel):
    outputs: int
    weights: str
    untrained: bool


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


class FactorizeRequest(BaseModel):
    spec: SourceSpec
    target: Path
    """Where to write the checkpoint; what lies there stays whole until the new one is."""
    combine: Combine = "add"
    init: Init = "svd"
    layers: tuple[str, ...] = ()
    """Names of Conv3d, with * and ?; all when empty."""
    threads: int = 2


class FactorizedLayer(BaseModel):
    """A Conv3d that was replaced."""

    name: str
    kernel: tuple[int, int, int]
    parameters: tuple[int, int]
    """Before and after."""
    error: float | None
    """What the new kernel lacks of the old one, over the old one's norm; None for random weights."""


class FactorizedFile(BaseModel):
    """What a factorisation did."""

    layers: tuple[FactorizedLayer, ...]
    kept: tuple[str, ...]
    """Conv3d that stay, each with the reason."""
    parameters: tuple[int, int]
    macs: tuple[int, int]
    """Of one pass, before and after; 0 when unknown."""
    weights: str
    untrained: bool


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
        """Build the network and tell its inputs."""
        return self._child.call(f"edgeconv.sources.{self._module}:describe", self.spec, Description)

    def prepare(self, request: PrepareRequest) -> Result[Prepared]:
        """Load or seed the weights, export to ONNX, run the reference on the verification samples."""
        return self._child.call(f"edgeconv.sources.{self._module}:prepare", request, Prepared)

    def answer(self, request: AnswerRequest) -> Result[Answered]:
        """Run the network, with its weights, on samples; not for an .onnx file, which PyTorch does not run."""
        return self._child.call("edgeconv.sources.torch_worker:answer", request, Answered)

    def export(self, request: ExportOnlyRequest) -> Result[Exported]:
        """Load the weights or keep the seeded ones, and export to ONNX; no sample is read."""
        return self._child.call(f"edgeconv.sources.{self._module}:export_only", request, Exported)


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
    with open_source(spec, threads) as session:
        return session.export(ExportOnlyRequest(spec=spec, target=target, opset=opset, threads=threads))


def factorize(request: FactorizeRequest) -> Result[FactorizedFile]:
    """Write the checkpoint of a network whose Conv3d are replaced, in a child process of its own.

    ``--weights`` of it, with the same source, builds the factorised network.

    Raises:
        UsageError: the source holds no Python code of the network; it cannot be built; its weights do not fit.
        ModelError: there is nothing to replace.
    """
    if request.spec.from_file:
        raise UsageError(
            f"'{request.spec.name}' is a file, and only the code of a network can be factorised",
            hint="name what builds it: a model, package.module:factory or file.py:factory",
        )
    with StagedFile(request.target) as staged, Child("the model's process", request.threads) as child:
        staging = request.model_copy(update={"target": staged.path})
        result = child.call("edgeconv.sources.factorizing:factorize", staging, FactorizedFile)
        staged.commit()
    return result


def shapes_for(given: Shapes, names: Sequence[str]) -> dict[str, Shape]:
    """The shapes that the user gave, by input.

    Raises:
        UsageError: a name that is no input; another number of shapes than of inputs.
    """
    if isinstance(given, dict):
        _refuse_strangers(given, names, "--input-shape")
        return given
    if given and len(given) != len(names):
        raise UsageError(
            f"--input-shape was given {len(given)} time(s), but the network has {len(names)} input(s)",
            reasons=[f"input '{n}'" for n in names],
            hint="give one for each input, in this order, or name=sizes",
        )
    return dict(zip(names, given, strict=False))


def layouts_for(given: Layouts, shapes: dict[str, Shape]) -> dict[str, str]:
    """The axis orders that the user gave, by input; a single one is for every input of its rank.

    Raises:
        UsageError: a name that is no input; a layout of another rank than its input.
    """
    names = list(shapes)
    if isinstance(given, dict):
        _refuse_strangers(given, names, "--input-layout")
        found = given
    elif len(given) == 1 and any(len(s) == len(given[0]) for s in shapes.values()):
        found = {n: given[0] for n, s in shapes.items() if len(s) == len(given[0])}
    elif len(given) > len(names):
        raise UsageError(f"--input-layout was given {len(given)} times, but the network has {len(names)} input(s)")
    else:
        found = dict(zip(names, given, strict=False))
    for name, axes in found.items():
        if len(axes) != len(shapes[name]):
            raise UsageError(f"layout {axes} names {len(axes)} axes, but the input '{name}' takes {list(shapes[name])}")
    return found


def _refuse_strangers(given: Shapes | Layouts, names: Sequence[str], option: str) -> None:
    for name in given:
        if name not in names:
            raise UsageError(f"{option}: the network has no input '{name}'", hint=did_you_mean(str(name), names))
