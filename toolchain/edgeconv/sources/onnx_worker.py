"""ONNX files as a source: nothing is exported, the file itself is the reference."""

from __future__ import annotations

import onnx

from edgeconv.core.errors import ModelError, UsageError
from edgeconv.sources.api import (
    Description,
    Exported,
    ExportOnlyRequest,
    InputInfo,
    Prepared,
    PrepareRequest,
    SourceSpec,
)


def describe(spec: SourceSpec) -> Description:
    try:
        model = onnx.load(spec.location)
    except Exception as error:
        raise UsageError(f"'{spec.text}' is not an ONNX file: {str(error).splitlines()[0]}") from error
    if not model.graph.node:
        raise UsageError(f"'{spec.text}' is not an ONNX model: it holds no operator")
    weights = {t.name for t in model.graph.initializer}
    inputs = [i for i in model.graph.input if i.name not in weights]
    if len(inputs) != 1:
        raise ModelError(f"'{spec.text}' has {len(inputs)} inputs", hint="models of one clip input are supported")
    dims = inputs[0].type.tensor_type.shape.dim
    shape = tuple(d.dim_value for d in dims)
    if min(shape, default=0) < 1:
        named = [d.dim_param or d.dim_value for d in dims]
        raise ModelError(
            f"input '{inputs[0].name}' of '{spec.text}' has the dynamic shape {named}",
            hint="export it with static shapes",
        )
    if spec.input_shape not in (None, shape):
        raise UsageError(
            f"'{spec.text}' takes {list(shape)}, not {list(spec.input_shape or ())}", hint="leave --input-shape out"
        )
    if spec.input_layout is not None and len(spec.input_layout) != len(shape):
        raise UsageError(
            f"layout {spec.input_layout} names {len(spec.input_layout)} axes, but '{spec.text}' takes {list(shape)}"
        )
    return Description(
        input_name=inputs[0].name,
        input_shape=shape,
        input_layout=spec.input_layout or _guess(shape),
        parameters=sum(_size(t) for t in model.graph.initializer),
        macs=0,
    )


def _size(tensor: onnx.TensorProto) -> int:
    size = 1
    for dim in tensor.dims:
        size *= dim
    return size


def _guess(shape: tuple[int, ...]) -> str:
    """The axis order of a clip input by where its three colour channels stand."""
    if len(shape) == 5:
        for axis, layout in ((1, "NCTHW"), (2, "NTCHW"), (4, "NTHWC")):
            if shape[axis] == 3:
                return layout
    raise UsageError(
        f"the axis order of the input {list(shape)} is not known", hint="give it, such as --input-layout NCTHW"
    )


def prepare(request: PrepareRequest) -> Prepared:
    model = onnx.load(request.spec.location)
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise ModelError(f"'{request.spec.text}' is not valid ONNX: {str(error).splitlines()[0]}") from error
    onnx.save(model, request.onnx)  # not a copy: weights that lay beside the file go in
    return Prepared(weights="as in the ONNX file", untrained=False, exporter="none: ONNX file", has_reference=False)


def export_only(request: ExportOnlyRequest) -> Exported:
    told = describe(request.spec)
    onnx.save(onnx.load(request.spec.location), request.target)
    inputs = (InputInfo(name=told.input_name, shape=told.input_shape, layout=told.input_layout),)
    return Exported(inputs=inputs, weights="as in the ONNX file", untrained=False, exporter="none: ONNX file")
