"""ONNX models without their weights: the checker and shape inference copy all they are given, twice."""

from __future__ import annotations

import math

import onnx

SMALL = 1024
"""Elements up to which a constant may be a shape that inference needs to see."""


def weightless(model: onnx.ModelProto) -> onnx.ModelProto:
    """The model with its large weights as inputs.

    Outputs without a shape get an empty one: every runtime takes such a file, but the checker misses the field.
    """
    bare = onnx.ModelProto()
    for field, value in model.ListFields():
        if field.name == "graph":
            continue
        if field.is_repeated:
            getattr(bare, field.name).extend(value)
        else:
            setattr(bare, field.name, value)
    for field, value in model.graph.ListFields():
        if field.name == "initializer" or not field.is_repeated:
            continue
        getattr(bare.graph, field.name).extend(value)
    bare.graph.name = model.graph.name
    given = {i.name for i in model.graph.input}
    for tensor in model.graph.initializer:
        if math.prod(tensor.dims) <= SMALL:
            bare.graph.initializer.append(tensor)
        elif tensor.name not in given:
            bare.graph.input.append(onnx.helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims))
    for output in bare.graph.output:
        if output.type.HasField("tensor_type"):
            output.type.tensor_type.shape.SetInParent()
    return bare
