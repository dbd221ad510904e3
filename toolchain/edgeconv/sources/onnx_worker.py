"""ONNX files as a source: nothing is exported, the file itself is the reference."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from pathlib import Path

import onnx
from onnx import inliner

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.core.report import InputInfo
from edgeconv.sources.api import (
    Description,
    Exported,
    ExportOnlyRequest,
    Prepared,
    PrepareRequest,
    layouts_for,
    shapes_for,
)
from edgeconv.sources.onnx_inputs import inputs_proper, refuse_inputs
from edgeconv.sources.onnx_layouts import guess_layout
from edgeconv.sources.onnx_static import declared_shape, freeze
from edgeconv.sources.onnx_valid import refuse_invalid
from edgeconv.sources.spec import Shape, SourceSpec

_WEIGHTS, _EXPORTER = "as in the ONNX file", "none: ONNX file"


def describe(spec: SourceSpec) -> Description:
    model = _load(spec)
    inputs, notes = _inputs(spec, model)
    parameters = sum(prod(t.dims) for t in model.graph.initializer)
    return Description(inputs=inputs, parameters=parameters, macs=0, notes=notes)


def prepare(request: PrepareRequest) -> Prepared:
    _save(request.spec, request.onnx)
    return Prepared(weights=_WEIGHTS, untrained=False, exporter=_EXPORTER, has_reference=False)


def export_only(request: ExportOnlyRequest) -> Exported:
    inputs, notes = _save(request.spec, request.target)
    return Exported(inputs=inputs, weights=_WEIGHTS, untrained=False, exporter=_EXPORTER, notes=notes)


def _load(spec: SourceSpec) -> onnx.ModelProto:
    try:
        model = onnx.load(spec.location)
    except OSError as error:
        raise UsageError(f"'{spec.text}' cannot be read: {error.strerror or error}", reasons=_beside(error)) from error
    except Exception as error:
        raise UsageError(
            f"'{spec.text}' is not an ONNX file: {' '.join(str(error).split())}",
            hint="it is damaged, of another format, or its weights do not lie beside it as it says",
        ) from error
    if not model.graph.node:
        raise UsageError(f"'{spec.text}' is not an ONNX model: it holds no operator", hint="export it again")
    refuse_inputs(model, spec.text)
    refuse_invalid(model, spec.text)
    return inliner.inline_local_functions(model) if model.functions else model


def _beside(error: OSError) -> list[str]:
    """The file that is meant, where it is not the model itself."""
    return [str(error.filename)] if error.filename and not str(error.filename).endswith(".onnx") else []


def _save(spec: SourceSpec, target: Path) -> tuple[tuple[InputInfo, ...], tuple[str, ...]]:
    model = _load(spec)
    inputs, notes = _inputs(spec, model)
    freeze(model, {i.name: i.shape for i in inputs})
    onnx.save(model, target)  # not a copy: weights that lay beside the file go in
    return inputs, notes


def _inputs(spec: SourceSpec, model: onnx.ModelProto) -> tuple[tuple[InputInfo, ...], tuple[str, ...]]:
    values = inputs_proper(model)
    declared = {v.name: declared_shape(v) for v in values}
    shapes = _static(spec, declared)
    layouts = layouts_for(spec.input_layouts, shapes)
    guesses = {n: guess_layout(model.graph, n, s) for n, s in shapes.items() if n not in layouts}
    unknown = [n for n, (layout, _) in guesses.items() if not layout and len(shapes[n]) == 5]
    if unknown:
        raise UsageError(
            f"the axis order of the input {list(shapes[unknown[0]])} is not known",
            reasons=[f"input '{n}' {list(shapes[n])}: no convolution reads it directly" for n in unknown],
            hint="give it, such as --input-layout NCTHW",
        )
    layouts |= {n: layout for n, (layout, _) in guesses.items()}
    inputs = tuple(
        InputInfo(
            name=v.name,
            shape=shapes[v.name],
            layout=layouts[v.name],
            dtype=onnx.helper.tensor_dtype_to_np_dtype(v.type.tensor_type.elem_type).name,
        )
        for v in values
    )
    frozen = [n for n, d in declared.items() if tuple(d) != shapes[n]]
    notes = [f"input '{n}' {_text(declared[n])} was made static: {list(shapes[n])}" for n in frozen]
    return inputs, (*notes, *(note for _, note in guesses.values() if note))


def _static(spec: SourceSpec, declared: dict[str, list[int | str]]) -> dict[str, Shape]:
    """The shapes of the file, its symbolic dimensions filled by what the user gave."""
    given = shapes_for(spec.input_shapes, list(declared))
    for name, shape in given.items():
        own = declared[name]
        if len(own) != len(shape) or any(isinstance(o, int) and o != s for o, s in zip(own, shape, strict=True)):
            fixed = all(isinstance(o, int) for o in own)
            hint = "leave --input-shape out" if fixed else "only the sizes that are names can be chosen"
            raise UsageError(f"'{spec.text}' takes {_text(own)}, not {list(shape)}", hint=hint)
    dynamic = [n for n, d in declared.items() if n not in given and any(isinstance(s, str) for s in d)]
    if dynamic:
        raise ModelError(
            f"input '{dynamic[0]}' of '{spec.text}' has the dynamic shape {_text(declared[dynamic[0]])}",
            reasons=[f"input '{n}' has the dynamic shape {_text(declared[n])}" for n in dynamic[1:]],
            hint=f"export it with static shapes, or fix it: {_example(declared, dynamic)}",
        )
    return {n: given.get(n) or tuple(s for s in d if isinstance(s, int)) for n, d in declared.items()}


def _example(declared: dict[str, list[int | str]], dynamic: Sequence[str]) -> str:
    usual = (1, 3, 16, 112, 112)
    texts = []
    for name in dynamic:
        sizes = [s if isinstance(s, int) else usual[min(i, 4)] for i, s in enumerate(declared[name])]
        named = f"{name}=" if len(declared) > 1 else ""
        texts.append(f"--input-shape {named}{','.join(map(str, sizes))}")
    return " ".join(texts)


def _text(shape: Sequence[int | str]) -> str:
    return str(list(shape))
