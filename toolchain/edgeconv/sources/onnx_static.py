"""Symbolic dimensions of an ONNX model made static."""

from __future__ import annotations

from collections.abc import Mapping

import onnx

from edgeconv.core.errors import ModelError


def declared_shape(value: onnx.ValueInfoProto) -> list[int | str]:
    """Sizes, and names (or '?') of the dimensions that are not fixed."""
    return [d.dim_value if d.HasField("dim_value") and d.dim_value > 0 else d.dim_param or "?" for d in _dims(value)]


def freeze(model: onnx.ModelProto, shapes: Mapping[str, tuple[int, ...]]) -> bool:
    """Give the inputs these shapes, in place, and infer all others anew; False where they had them already.

    Raises:
        ModelError: the operators do not take these shapes.
    """
    graph = model.graph
    changed = [v for v in graph.input if v.name in shapes and declared_shape(v) != list(shapes[v.name])]
    if not changed:
        return False
    for value in changed:
        _set_shape(value, shapes[value.name])
    for value in graph.output:
        if any(isinstance(size, str) for size in declared_shape(value)):
            value.type.tensor_type.ClearField("shape")
    del graph.value_info[:]  # they were inferred for symbolic sizes
    try:
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
    except onnx.shape_inference.InferenceError as error:
        raise ModelError(
            "the model does not take the input shape that was given",
            reasons=[" ".join(str(error).split())[:500]],
            hint="give --input-shape as it was trained, or export it with static shapes",
        ) from error
    model.CopyFrom(inferred)
    return True


def _dims(value: onnx.ValueInfoProto) -> list[onnx.TensorShapeProto.Dimension]:
    return list(value.type.tensor_type.shape.dim)


def _set_shape(value: onnx.ValueInfoProto, shape: tuple[int, ...]) -> None:
    tensor = value.type.tensor_type
    tensor.ClearField("shape")
    for size in shape:
        tensor.shape.dim.add().dim_value = size
