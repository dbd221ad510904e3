"""Channels of one size in front of an instance normalisation, which gives the same whatever their size."""

from __future__ import annotations

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.lowering.fold import convolutions_behind, rescale
from edgeconv.lowering.graph import SourceGraph, SourceNode


def equalize_channels(graph: SourceGraph) -> int:
    """Bring the channels of convolutions that only an InstanceNormalization reads to about one size.

    Before: InstanceNormalization(y), y made of convolutions alone. After: the filters of channel k times 2^-n, where
    2^n is next to their norm, their biases left out (the mean takes them away), and epsilon times 4^-n.
    The result is the same to its last rounding. In int8 one scale holds all channels of y, of y - mean and of its
    squares, and channels much smaller than the largest would be rounded away: with norms spread by a factor e, three
    layers of convolution, norm and PRelu reached a cosine of 0.96 without, 0.998 with this.
    Returns the number of rewritten normalisations.
    """
    rewritten = 0
    for node in graph.nodes:
        if node.op != "InstanceNormalization" or np.ndim(node.attributes.get("epsilon", 1e-5)):
            continue
        parts = convolutions_behind(graph, node.inputs[0], 1)
        if parts is None:
            continue
        channels = max(p.channels.stop for p in parts)
        power = np.zeros(channels)
        for part in parts:
            power[part.channels] += _squares(graph, part.conv)
        exponent = np.round(np.log2(power, where=power > 0, out=np.zeros(channels)) / 2)
        gain = 2.0 ** -(exponent - np.round(exponent.mean()))
        for part in parts:
            rescale(graph, part.conv, gain[part.channels], -_bias(graph, part.conv) * gain[part.channels])
        epsilon = float(node.attributes.get("epsilon", 1e-5))
        node.attributes = {**node.attributes, "epsilon": (epsilon * gain**2).astype(np.float32)}
        rewritten += 1
    return rewritten


def _squares(graph: SourceGraph, conv: SourceNode) -> Array:
    """Squared norm of the filters of every output channel."""
    weight = graph.constants[conv.inputs[1]].astype(np.float64) ** 2
    if conv.op == "Conv":
        norms: Array = weight.reshape(len(weight), -1).sum(1)
        return norms
    groups = int(conv.attributes.get("group", 1))
    return np.asarray(weight.reshape(groups, -1, weight.shape[1], weight[0, 0].size).sum((1, 3)).reshape(-1))


def _bias(graph: SourceGraph, conv: SourceNode) -> Array | float:
    return graph.constants[conv.inputs[2]].astype(np.float64) if len(conv.inputs) > 2 and conv.inputs[2] else 0.0
