"""Full int8 quantization: per-channel symmetric weights, per-tensor asymmetric activations, int32 biases.

Tensors that a recipe names are int16 (symmetric, with int64 biases) or stay float32: see ``mixed``.

The scheme is that of the TFLite 8-bit specification: real = scale * (q - zero_point), weights in [-127, 127] with
zero point 0, bias scale = input scale * weight scale.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edgeconv.core.errors import ModelError
from edgeconv.core.layout import Array
from edgeconv.tflite.graph import Graph, Op, Quant, Tensor
from edgeconv.tflite.in_place import guard_in_place
from edgeconv.tflite.int8_forms import int8_forms
from edgeconv.tflite.mixed import Wide, separate, without_kernel
from edgeconv.tflite.rounding import InputMoments, bias_correction, round_weights
from edgeconv.tflite.scales import (
    Range,
    activation_quants,
    computed_floats,
    constant_quant,
    quantized,
    separate_fixed_scales,
)
from edgeconv.tflite.spec import Weighted, specs

_ROOM = {"int8": 2.0**30, "int16": 2.0**38}
"""Of a bias, by the type of its operator: int32, and the 40 bits that Ethos-U takes of an int64."""
_LEAST_RATIO = 2.0**-24
"""Of a filter's scale times that of its input to that of the output, for filters that are zero or nearly so: XNNPACK
(LiteRT 2.3) ends the process where a ratio lies outside of 2^-32 to 2^8, and what is lost is below any step."""


@dataclass(frozen=True)
class Recipe:
    """Choices of the quantizer."""

    input_dtype: str = "int8"
    output_dtype: str = "int8"
    output_margin: float = 1.0
    """Factor on the calibrated range of the outputs: logits of new clips may lie outside of what calibration saw."""
    wide: Mapping[str, Wide] = field(default_factory=dict)
    """Computed tensors that are int16 or float32 instead of int8."""


def quantize(
    graph: Graph,
    ranges: Mapping[str, Range],
    recipe: Recipe,
    moments: Mapping[str, InputMoments] | None = None,
    seen: Mapping[str, Range] | None = None,
) -> Graph:
    """An int8 copy of a float graph.

    Args:
        graph: emitted and optimized, float32.
        ranges: over which every computed tensor is quantized.
        recipe: dtypes of the ends, output margin, tensors in other precisions.
        moments: input moments of weighted operators by output tensor; without them weights are rounded to nearest.
        seen: smallest and largest value of every computed tensor, for those in int16; without it: `ranges`.

    Raises:
        ModelError: an operator has no kernel in its precision or a scale it cannot share, an output is a constant, or
            a tensor was never calibrated (all are listed).
    """
    table = specs()
    live = computed_floats(graph)
    mixed = separate(graph, ranges, recipe.wide, seen)
    formed = int8_forms(mixed.graph, mixed.ranges, mixed.precision)
    mixed = replace(mixed, graph=formed.graph, ranges=formed.ranges)
    graph, ranges, precision = mixed.graph, mixed.ranges, mixed.precision
    problems = [
        f"{op.kind} '{op.outputs[0]}' has no int8 kernel in TFLite"
        for op in graph.ops
        if mixed.of(op) == "int8" and not table[op.kind].int8
    ]
    problems += without_kernel(mixed)
    problems += [
        f"output '{graph.ports[n]}' is a constant, which no input changes: leave it out of the model"
        for n in graph.outputs
        if graph.tensors[n].data is not None
    ]
    problems += [f"'{n}' was not calibrated" for n in live if n not in ranges]
    problems += [
        f"'{n}' is not finite during calibration" for n in live if n in ranges and not np.isfinite(ranges[n]).all()
    ]
    if problems:
        raise ModelError(
            "the model cannot be quantized to int8",
            reasons=problems,
            hint="replace what has no int8 kernel (ReLU, SiLU, GELU and Mish have one), or use the float file",
        )
    separate_fixed_scales(graph, ranges, precision)
    quants = activation_quants(graph, ranges, recipe.output_margin, precision)
    out = Graph(inputs=list(graph.inputs), outputs=list(graph.outputs), ports=dict(graph.ports))
    for name, tensor in graph.tensors.items():
        if name in quants:
            tensor = replace(tensor, dtype=precision.get(name, "int8"), quant=quants[name])
        out.tensors[name] = tensor
    for op in graph.ops:
        weighted, working = table[op.kind].weighted, mixed.of(op)
        if working == "float32":
            out.ops.append(op)
        elif weighted is None:
            out.ops.append(_constants(out, _in_precision(op, working), quants, working))
        else:
            result = mixed.twin_of.get(op.outputs[0], op.outputs[0])
            out.ops.append(_weights(out, op, weighted, (moments or {}).get(formed.taken_over.get(result, result))))
    out.prune()
    ended = _ends(out, recipe)
    guard_in_place(ended)
    return ended


def _in_precision(op: Op, working: str) -> Op:
    """Sums in int16 say that their scales are no powers of two."""
    if working == "int16" and op.kind in ("ADD", "SUB"):
        return replace(op, options={**op.options, "potScaleInt16": False})
    return op


def _weights(graph: Graph, op: Op, weighted: Weighted, seen: InputMoments | None) -> Op:
    """Replace weight and bias; the weight scale grows where the int32 bias would overflow."""
    x, weight, bias = (graph.tensors[op.inputs[i]] for i in (weighted.data, weighted.weight, weighted.bias))
    y = graph.tensors[op.outputs[0]]
    assert weight.data is not None
    assert bias.data is not None
    assert x.quant is not None
    assert y.quant is not None
    data = np.moveaxis(weight.data.astype(np.float64), weighted.axis, 0)
    peak = np.abs(data).reshape(len(data), -1).max(1)
    if not weighted.per_channel:
        peak = np.full_like(peak, peak.max())
    scales = np.maximum(peak / 127, _LEAST_RATIO * y.quant.scales[0] / x.quant.scales[0])
    floor = np.abs(bias.data.astype(np.float64)) / (_ROOM[y.dtype] * x.quant.scales[0])
    scales = np.maximum(scales, floor if weighted.per_channel else floor.max()).astype(np.float32)
    steps = data / scales.astype(np.float64).reshape(-1, *[1] * (data.ndim - 1))
    q, shift = _rounded(op, steps, seen)
    bias_scales = (scales.astype(np.float64) * x.quant.scales[0]).astype(np.float32)
    q_bias = np.round((bias.data - shift * scales) / bias_scales.astype(np.float64)).astype(np.int64)
    kept = slice(None) if weighted.per_channel else slice(1)
    count, name = len(scales[kept]), op.outputs[0]
    filters = np.ascontiguousarray(np.moveaxis(q, 0, weighted.axis))
    bias_dtype = "int64" if y.dtype == "int16" else "int32"
    made = [
        Tensor(f"{name}/weight", weight.shape, "int8", filters, _symmetric(scales[kept], weighted.axis, count)),
        Tensor(
            f"{name}/bias", bias.shape, bias_dtype, q_bias.astype(bias_dtype), _symmetric(bias_scales[kept], 0, count)
        ),
    ]
    for tensor in made:
        graph.add(tensor)
    renamed = {weighted.weight: made[0].name, weighted.bias: made[1].name}
    return replace(op, inputs=tuple(renamed.get(i, n) for i, n in enumerate(op.inputs)))


def _rounded(op: Op, steps: Array, seen: InputMoments | None) -> tuple[Array, Array]:
    """int8 weight [O, ...] and the mean output error per channel, in steps; plain rounding where nothing was seen."""
    if seen is None:
        return np.clip(np.round(steps), -127, 127).astype(np.int8), np.zeros(len(steps))
    channels = len(seen.mean)
    if op.kind == "DEPTHWISE_CONV_2D":
        q = np.clip(np.round(steps), -127, 127)
        multiplier = len(steps) // channels
        return q.astype(np.int8), (q - steps).reshape(len(steps), -1).sum(1) * np.repeat(seen.mean, multiplier)
    groups = channels // steps.shape[-1]
    if groups > 1:
        pieces = zip(np.split(steps, groups), seen.split(groups), strict=True)
        weights, errors = zip(*(_rounded(op, w, m) for w, m in pieces), strict=True)
        return np.concatenate(weights), np.concatenate(errors)
    flat = steps.reshape(len(steps), -1, channels)
    plain: Array = np.clip(np.round(flat), -127, 127)
    rounded = plain if seen.moments is None else round_weights(flat, seen.moments)
    return rounded.reshape(steps.shape).astype(np.int8), bias_correction(rounded - flat, seen.mean)


def _symmetric(scales: Array, axis: int, count: int) -> Quant:
    return Quant(tuple(float(s) for s in scales), (0,) * count, axis if count > 1 else 0)


def _constants(graph: Graph, op: Op, quants: Mapping[str, Quant], dtype: str) -> Op:
    """Float constants of other operators: under the output's scheme where values only move, else under their own."""
    inputs = []
    for i, name in enumerate(op.inputs):
        tensor = graph.tensors.get(name)
        if tensor is None or tensor.data is None or tensor.dtype != "float32":
            inputs.append(name)
            continue
        shared = specs()[op.kind].shares_scale
        quant = quants[op.outputs[0]] if shared else constant_quant(op, tensor.data, quants.get(op.outputs[0]), dtype)
        made = Tensor(f"{op.outputs[0]}/const{i}", tensor.shape, dtype, quantized(tensor.data, quant, dtype), quant)
        inputs.append(graph.add(made))
    return replace(op, inputs=tuple(inputs))


def _ends(graph: Graph, recipe: Recipe) -> Graph:
    """uint8 ends, where asked for: one QUANTIZE at the boundary (q + 128), none inside."""
    if recipe.input_dtype == "uint8":
        for i, name in enumerate(graph.inputs):
            outer = _uint8_twin(graph, name)
            graph.ops.insert(0, Op("QUANTIZE", (outer,), (name,)))
            graph.inputs[i] = outer
    if recipe.output_dtype == "uint8":
        for i, name in enumerate(graph.outputs):
            outer = _uint8_twin(graph, name)
            graph.ops.append(Op("QUANTIZE", (name,), (outer,)))
            graph.outputs[i] = outer
    return graph


def _uint8_twin(graph: Graph, name: str) -> str:
    tensor = graph.tensors[name]
    assert tensor.quant is not None
    quant = Quant(tensor.quant.scales, tuple(z + 128 for z in tensor.quant.zero_points))
    twin = graph.add(replace(tensor, name=f"{name}/uint8", dtype="uint8", quant=quant))
    graph.ports[twin] = graph.ports[name]
    return twin
