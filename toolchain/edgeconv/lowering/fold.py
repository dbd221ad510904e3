"""BatchNormalization into convolutions, also through sums, views and slices of convolutions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.lowering.graph import SourceGraph, SourceNode


def fold_batch_norms(graph: SourceGraph) -> int:
    """Merge every BatchNormalization whose input is made of convolutions alone into their weights.

    Before: BN(y) where y is a Conv, or a sum or channel concatenation of Convs, with only views between.
    After: the same graph with W' = W * gain, b' = b * gain (+ shift, in one of the addends).
    Needs: constant statistics, and every tensor between convolution and BN used nowhere else.
    Returns the number of merged normalisations.
    """
    folded = 0
    for node in list(graph.nodes):
        if node.op != "BatchNormalization" or node.attributes.get("training_mode"):
            continue
        if any(i not in graph.constants for i in node.inputs[1:5]):
            continue
        scale, bias, mean, var = (graph.constants[i].astype(np.float64) for i in node.inputs[1:5])
        gain = scale / np.sqrt(var + float(node.attributes.get("epsilon", 1e-5)))
        convs = convolutions_behind(graph, node.inputs[0], 1)
        if convs is None:
            continue
        shift = bias - mean * gain
        for part in convs:
            rescale(graph, part.conv, gain[part.channels], shift[part.channels] * part.first)
        _bypass(graph, node)
        folded += 1
    return folded


@dataclass(frozen=True)
class Part:
    """One convolution behind a BN, and the BN channels it feeds; of several addends only the first takes the shift."""

    conv: SourceNode
    channels: slice
    first: bool


def convolutions_behind(graph: SourceGraph, name: str, axis: int) -> list[Part] | None:
    """The convolutions whose sum is `name`, if nothing else reads what lies between; `axis` carries the channels."""
    producers, users = graph.producers(), graph.users()

    def walk(name: str, axis: int, start: int, first: bool) -> list[Part] | None:
        node = producers.get(name)
        shape = graph.shapes.get(name)
        if node is None or shape is None or len(users.get(name, [])) != 1 or name in graph.outputs:
            return None
        if node.op in ("Conv", "ConvTranspose"):
            constant = all(i in graph.constants for i in node.inputs[1:] if i)
            return [Part(node, slice(start, start + shape[1]), first)] if axis == 1 and constant else None
        if node.op == "Add" and all(graph.shapes.get(i) == shape and i not in graph.constants for i in node.inputs):
            return joined(walk(i, axis, start, first and n == 0) for n, i in enumerate(node.inputs))
        if node.op == "Concat" and int(node.attributes["axis"]) % len(shape) == axis:
            sizes = [graph.shapes[i][axis] if i in graph.shapes else 0 for i in node.inputs]
            starts = [start + sum(sizes[:n]) for n in range(len(sizes))]
            return joined(walk(i, axis, at, first) for i, at in zip(node.inputs, starts, strict=True))
        if node.op == "Transpose":
            perm = node.attributes.get("perm") or list(range(len(shape)))[::-1]
            return walk(node.inputs[0], perm[axis], start, first)
        if node.op == "Reshape":
            before = _same_axis(graph.shapes.get(node.inputs[0]), shape, axis)
            return None if before is None else walk(node.inputs[0], before, start, first)
        return None

    def joined(sides: Iterable[list[Part] | None]) -> list[Part] | None:
        every = list(sides)
        return None if any(s is None for s in every) else [p for s in every if s is not None for p in s]

    found = walk(name, axis, 0, True)
    return found if found and len({id(p.conv) for p in found}) == len(found) else None


def _same_axis(before: Sequence[int] | None, after: Sequence[int] | None, axis: int) -> int | None:
    """The axis of `before` that Reshape hands on whole as `axis` of `after`."""
    if before is None or after is None:
        return None
    lead = math.prod(after[:axis])
    for i, size in enumerate(before):
        if size == after[axis] and math.prod(before[:i]) == lead:
            return i
    return None


def rescale(graph: SourceGraph, conv: SourceNode, gain: Array, shift: Array) -> None:
    """The outputs of a convolution times gain [O] plus shift [O], in its weight and bias."""
    weight = graph.constants[conv.inputs[1]]
    old = conv.inputs[2] if len(conv.inputs) > 2 and conv.inputs[2] else None
    bias = graph.constants[old].astype(np.float64) if old else np.zeros(len(gain))
    wide = gain.reshape(-1, *[1] * (weight.ndim - 1))
    if conv.op == "ConvTranspose":  # [C, O / groups, ...]
        groups = int(conv.attributes.get("group", 1))
        by_group = gain.reshape(groups, 1, -1).repeat(weight.shape[0] // groups, 1)
        wide = by_group.reshape(*weight.shape[:2], *[1] * (weight.ndim - 2))
    new_weight, new_bias = f"{conv.outputs[0]}:weight", f"{conv.outputs[0]}:bias"
    graph.constants[new_weight] = (weight.astype(np.float64) * wide).astype(weight.dtype)
    graph.constants[new_bias] = (bias * gain + shift).astype(weight.dtype)
    conv.inputs[1:] = [new_weight, new_bias]


def _bypass(graph: SourceGraph, node: SourceNode) -> None:
    """Remove a one-input node: its producer takes over its output name."""
    producer = graph.producers()[node.inputs[0]]
    producer.outputs = [node.outputs[0] if o == node.inputs[0] else o for o in producer.outputs]
    graph.nodes.remove(node)
