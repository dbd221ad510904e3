"""The Python interface: what the commands `lower` and `export` do, for networks that a program holds.

Nothing heavy is imported before a function is called. Every named failure is an
:class:`edgeconv.core.errors.EdgeconvError` that lists all reasons and says what to do.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

from edgeconv.core.errors import GateError, UsageError
from edgeconv.lowered_model import LoweredModel

if TYPE_CHECKING:
    import onnx
    from torch import nn

    from edgeconv.core.progress import Progress
    from edgeconv.pipeline import ExportResult
    from edgeconv.profiles import ExportProfile
    from edgeconv.sources import SourceSpec

    Model: TypeAlias = str | PathLike[str] | onnx.ModelProto | nn.Module
    Shapes: TypeAlias = Sequence[int] | Sequence[Sequence[int]] | Mapping[str, Sequence[int]]
    Layouts: TypeAlias = str | Sequence[str] | Mapping[str, str]


def lower(
    model: Model,
    *,
    example_inputs: Any = None,
    input_shapes: Shapes | None = None,
    layouts: Layouts | None = None,
    options: Mapping[str, object] | None = None,
    weights: str | PathLike[str] | None = None,
    opset: int = 18,
    simplify: bool = True,
    verify: bool = False,
    seed: int = 0,
    threads: int = 2,
    progress: Progress | None = None,
) -> LoweredModel:
    """Lower a video network exactly to 4D ONNX.

    Args:
        model: a torch.nn.Module, an onnx.ModelProto, the path of an .onnx or .pt2 file, or what the command line takes:
            a registered name, 'package.module:factory', 'file.py:factory'.
        example_inputs: for a module, what its forward takes: a tensor, a tuple of arguments, or a dictionary of keyword
            arguments. Not needed where it has an attribute `input_shape`, or where `input_shapes` are given.
        input_shapes: (1, 3, 16, 112, 112), or one per input in their order or by name.
        layouts: the axes of the inputs, 'NCTHW', or one per input in their order or by name.
        options: arguments of a factory.
        weights: a checkpoint for what a factory builds.
        opset: of the ONNX, 18 to 21.
        simplify: run onnxsim on the result; it is checked, and left out where it changes anything.
        verify: compare original and lowered layer by layer in ONNX Runtime, float32, at most 1e-5 of a layer's scale.
        seed: of random weights and of the inputs of the comparison.
        threads: CPU threads.
        progress: told what is going on.

    Returns:
        The 4D model. Whether the comparison held is in its `verification`.

    Raises:
        UsageError: there is no such model, or the arguments do not fit it.
        ModelError: it cannot be exported or lowered; every reason is listed.
        ToolError: something we depend on crashed, or the machine ran out of something.
    """
    import tempfile

    from edgeconv import short_road

    with tempfile.TemporaryDirectory(prefix="edgeconv-") as folder:
        exporter: str | None = None
        notes: tuple[str, ...] = ()
        if _is_module(model):
            from edgeconv import sources

            path = Path(folder) / f"{type(model).__name__}.onnx"
            exported = sources.export_module(
                model,
                example_inputs,
                path,
                short_road.OPSET,
                input_shapes=_shapes(input_shapes),
                input_layouts=_layouts(layouts),
            )
            exporter, notes = exported.exporter, exported.notes
            spec = sources.resolve(
                str(path), input_layout={i.name: i.layout for i in exported.inputs if i.layout}, seed=seed
            )
        else:
            _refuse_examples(example_inputs)
            spec = _source(model, Path(folder), input_shapes, layouts, options, weights, seed)
        request = short_road.LowerRequest(
            spec=spec, out=Path(folder) / "4d" / "model.onnx", opset=opset, simplify=simplify, verify=verify,
            threads=threads,
        )  # fmt: skip
        result = short_road.lower(request, progress)
        broken = [f"{g.name}: {g.measured}, required {g.required}" for g in result.structure if not g.passed]
        if broken:
            raise GateError("the lowered model is not what it must be", reasons=broken)
        import onnx

        return LoweredModel(
            onnx=onnx.load(result.path),
            inputs=result.lowered.inputs,
            outputs=result.lowered.outputs,
            transposes=result.lowered.transposes,
            rules=result.lowered.rules,
            exporter=exporter or result.exported.exporter,
            notes=(*notes, *result.notes),
            verification=result.verification,
        )


def export(
    model: Model,
    *,
    out: str | PathLike[str],
    target: str | None = None,
    profile: str | PathLike[str] | ExportProfile | None = None,
    calibration: str | PathLike[str] | None = None,
    verification: str | PathLike[str] | None = None,
    labels: str | PathLike[str] | None = None,
    example_inputs: Any = None,
    input_shapes: Shapes | None = None,
    layouts: Layouts | None = None,
    options: Mapping[str, object] | None = None,
    weights: str | PathLike[str] | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> ExportResult:
    """Convert a video network into a proven 4D, full-int8 bundle, as `edgeconv export` does.

    Args:
        model: as :func:`lower` takes it. A module is handed to the child process as .pt2 (so that the bundle is proven
            against PyTorch), or as ONNX where torch.export cannot take it.
        out: folder of the bundle; it is written as a whole or not at all.
        target: device; the profile of the same name is used.
        profile: by name, by file, or as an object.
        calibration: folder of videos or ready .npz samples; without it the clips are synthetic, and the report says so.
        verification: the same to verify with; without it some are held out.
        labels: a file of one class name per line.
        example_inputs, input_shapes, layouts, options, weights, seed: as for :func:`lower`.
        threads: CPU threads; the profile's where it is left out.
        progress: told what is going on.

    Returns:
        The report, times and place of the bundle. It is written also when a gate fails: see `result.report.passed`.

    Raises:
        UsageError: there is no such model, target, profile or file.
        ModelError: it cannot be exported, lowered or converted; every reason is listed.
        ToolError: something we depend on crashed, or the machine ran out of something.
    """
    import tempfile

    from edgeconv import pipeline
    from edgeconv.profiles import ExportProfile
    from edgeconv.steps.profile import choose_profile

    if isinstance(profile, ExportProfile):
        chosen = profile
    else:
        chosen = choose_profile(target, None if profile is None else str(profile))
    if threads is not None:
        chosen = chosen.model_copy(update={"threads": threads})
    with tempfile.TemporaryDirectory(prefix="edgeconv-") as folder:
        if _is_module(model):
            from edgeconv import sources

            spec = sources.save_program(
                model, example_inputs, Path(folder), chosen.onnx.opset, input_shapes=_shapes(input_shapes),
                input_layouts=_layouts(layouts), seed=seed,
            )  # fmt: skip
        else:
            _refuse_examples(example_inputs)
            spec = _source(model, Path(folder), input_shapes, layouts, options, weights, seed)
        request = pipeline.ExportRequest(
            spec=spec,
            profile=chosen,
            out=Path(out),
            calibration=_path(calibration),
            verification=_path(verification),
            labels=_path(labels),
        )
        return pipeline.export(request, progress)


def _is_module(model: object) -> TypeGuard[nn.Module]:
    torch = sys.modules.get("torch")  # whoever has a module has imported it
    return torch is not None and isinstance(model, torch.nn.Module)


def _is_proto(model: object) -> TypeGuard[onnx.ModelProto]:
    module = sys.modules.get("onnx")
    return module is not None and isinstance(model, module.ModelProto)


def _source(
    model: str | PathLike[str] | onnx.ModelProto,
    folder: Path,
    input_shapes: Shapes | None,
    layouts: Layouts | None,
    options: Mapping[str, object] | None,
    weights: str | PathLike[str] | None,
    seed: int,
) -> SourceSpec:
    from edgeconv import sources

    if _is_proto(model):
        from edgeconv.core.onnx_file import save_onnx

        text = str(folder / "model.onnx")
        save_onnx(model, Path(text))
    elif isinstance(model, (str, PathLike)):
        text = str(model)
    else:
        raise UsageError(
            f"a {type(model).__name__} is no model",
            hint="give a torch.nn.Module, an onnx.ModelProto, a path, or a model name",
        )
    spec = sources.resolve(
        text,
        options={name: value if isinstance(value, str) else repr(value) for name, value in (options or {}).items()},
        weights=_path(weights),
        input_shape=_shapes(input_shapes),
        input_layout=_layouts(layouts),
        seed=seed,
    )
    return spec.model_copy(update={"text": "the model in memory"}) if _is_proto(model) else spec


def _refuse_examples(example_inputs: Any) -> None:
    if example_inputs is not None:
        raise UsageError("example_inputs are for a torch.nn.Module", hint="give input_shapes instead")


def _shapes(given: Shapes | None) -> tuple[tuple[int, ...], ...] | dict[str, tuple[int, ...]] | None:
    if given is None:
        return None
    if isinstance(given, Mapping):
        return {name: tuple(shape) for name, shape in given.items()}
    several = [tuple(s) for s in given if isinstance(s, Sequence)]
    return tuple(several) if several else (tuple(s for s in given if isinstance(s, int)),)


def _layouts(given: Layouts | None) -> str | tuple[str, ...] | dict[str, str] | None:
    if given is None or isinstance(given, str):
        return given
    return dict(given) if isinstance(given, Mapping) else tuple(given)


def _path(given: str | PathLike[str] | None) -> Path | None:
    return None if given is None else Path(given)
