"""One scale and zero point for every computed tensor that holds integers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.tflite.graph import Graph, Op, Quant
from edgeconv.tflite.ops.pad import LOWEST
from edgeconv.tflite.spec import specs

Range = tuple[float, float]
LEVELS = 255
_LARGEST_RATIO = 255.0
"""XNNPACK (LiteRT 2.3) takes products and sums whose inputs' scale over that of the output is below 256, and does not
even load a file with such a convolution: a channel that was always dead during calibration is enough."""
_SMALLEST_RATIO = 2.0**-9
"""It takes sums where the ratio is at least 2^-10."""
_PASSES = 8
INT16_ROOM = 2.0
"""int16 holds so many times what was seen: 15 bits are ample, and what no calibration clip showed does not saturate."""
_FIXED_INT16 = Quant((1 / 32768,), (0,))
"""What kernels demand of a result in int16 where they demand a scale in int8 (LOGISTIC, TANH, SOFTMAX)."""


@dataclass
class _Groups:
    """Tensors tied by operators that only move values."""

    graph: Graph
    precision: Mapping[str, str]
    """Of tensors that are not int8."""
    parent: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Quant] = field(default_factory=dict)
    """Scales that kernels demand, by group."""
    even: set[str] = field(default_factory=set)
    """Groups with zero point 0."""
    fillers: set[str] = field(default_factory=set)
    """Tensors that hold the lowest float, which is no value."""

    def root(self, name: str) -> str:
        while self.parent.get(name, name) != name:
            name = self.parent[name]
        return name

    def is_int16(self, root: str) -> bool:
        return self.precision.get(root) == "int16"


def _groups(graph: Graph, precision: Mapping[str, str]) -> _Groups:
    table, made = specs(), _Groups(graph, precision)
    computed = {n for n in computed_floats(graph) if precision.get(n) != "float32"}
    for op in graph.ops:
        if _pads_a_maximum(graph, op) or (op.kind in ("RESHAPE", "PAD") and op.inputs[0] in made.fillers):
            made.fillers.add(op.outputs[0])
        if table[op.kind].shares_scale:
            for name in (i for i in op.inputs if i in computed):
                made.parent[made.root(name)] = made.root(op.outputs[0])
    for op in graph.ops:
        spec = table[op.kind]
        if op.outputs[0] not in computed:
            continue
        made.even |= {made.root(op.inputs[i]) for i in spec.symmetric_inputs if op.inputs[i] in computed}
        if spec.fixed_output:
            root = made.root(op.outputs[0])
            demanded = _FIXED_INT16 if made.is_int16(root) else Quant((spec.fixed_output[0],), (spec.fixed_output[1],))
            made.fixed.setdefault(root, demanded)
    return made


def scale_groups(graph: Graph) -> dict[str, str]:
    """By computed tensor the one that stands for all that must share its scale."""
    groups = _groups(graph, {})
    return {name: groups.root(name) for name in computed_floats(graph)}


def computed_floats(graph: Graph) -> list[str]:
    return [n for n, t in graph.tensors.items() if t.data is None and t.dtype == "float32"]


def separate_fixed_scales(graph: Graph, ranges: dict[str, Range], precision: dict[str, str]) -> None:
    """A result whose scale the kernel demands, joined with values that this scale does not hold (or with another such
    scale, or a zero point that must be 0), is requantized first. Changes the graph; adds to `ranges` and `precision`.
    """
    while (found := next(_conflicts(graph, ranges, precision), None)) is not None:
        at, name = graph.ops.index(found), found.outputs[0]
        before = graph.add(replace(graph.tensors[name], name=f"{name}/{found.kind.lower()}"))
        graph.ops[at : at + 1] = [replace(found, outputs=(before,)), Op("QUANTIZE", (before,), (name,))]
        ranges[before] = ranges[name]
        if name in precision:
            precision[before] = precision[name]


def _conflicts(graph: Graph, ranges: Mapping[str, Range], precision: Mapping[str, str]) -> Iterator[Op]:
    groups, table = _groups(graph, precision), specs()
    joint = _joint(groups, ranges, 1.0)
    for op in graph.ops:
        demanded, root = table[op.kind].fixed_output, groups.root(op.outputs[0])
        if demanded is None or root not in groups.fixed:
            continue
        quant = _FIXED_INT16 if groups.is_int16(root) else Quant((demanded[0],), (demanded[1],))
        odd = root in groups.even and quant.zero_points[0] != 0
        reach = 32768 if groups.is_int16(root) else 128
        if groups.fixed[root] != quant or odd or not _holds(quant, *joint[root], reach):
            yield op


def activation_quants(
    graph: Graph, ranges: Mapping[str, Range], margin: float, precision: Mapping[str, str]
) -> dict[str, Quant]:
    """Tensors tied by operators that only move values share one scale, over their joint range.

    Args:
        margin: factor on the ranges of the outputs.
        precision: of tensors that are not int8; those in float32 get no scale.
    """
    groups = _groups(graph, precision)
    joint = _joint(groups, ranges, margin)
    quants = {r: groups.fixed.get(r) or _own(groups, r, bounds) for r, bounds in joint.items()}
    alone = _alone(groups)
    for _ in range(_PASSES):
        before = dict(quants)
        for op in graph.ops:
            root = groups.root(op.outputs[0])
            if root in quants and root not in groups.fixed and not groups.is_int16(root):
                quants[root] = _at_least(quants[root], _least_step(graph, op, groups, quants))
            for name in alone & set(op.inputs) if op.kind in ("ADD", "SUB") and root in quants else ():
                quants[name] = _at_least(quants[name], quants[root].scales[0] * _SMALLEST_RATIO)
        if quants == before:
            break
    return {n: quants[groups.root(n)] for n in computed_floats(graph) if groups.root(n) in quants and n in ranges}


def _alone(groups: _Groups) -> set[str]:
    """Tensors that share their scale with none and that one operator reads: their scale matters to it alone."""
    graph = groups.graph
    members = Counter(groups.root(n) for n in computed_floats(graph))
    readers = graph.users()
    return {
        n
        for n in computed_floats(graph)
        if members[groups.root(n)] == 1 and len(readers.get(n, [])) == 1 and n not in graph.outputs
    } - set(groups.fixed)


def _joint(groups: _Groups, ranges: Mapping[str, Range], margin: float) -> dict[str, Range]:
    joint: dict[str, Range] = {}
    for name in computed_floats(groups.graph):
        root = groups.root(name)
        if name not in ranges or name in groups.fillers or groups.precision.get(name) == "float32":
            continue
        factor = margin if name in groups.graph.outputs and root not in groups.fixed else 1.0
        low, high = joint.get(root, (0.0, 0.0))
        joint[root] = (min(low, ranges[name][0] * factor), max(high, ranges[name][1] * factor))
    return joint


def _own(groups: _Groups, root: str, bounds: Range) -> Quant:
    if groups.is_int16(root):
        return balanced(INT16_ROOM * bounds[0], INT16_ROOM * bounds[1], 32767)
    return balanced(*bounds) if root in groups.even else affine(*bounds)


def _at_least(quant: Quant, step: float) -> Quant:
    return quant if quant.scales[0] >= step else Quant((float(np.float32(step)),), quant.zero_points)


def _least_step(graph: Graph, op: Op, groups: _Groups, quants: Mapping[str, Quant]) -> float:
    """The smallest scale that the output may have, for the scales of the inputs."""

    def step(name: str) -> float:
        data = graph.tensors[name].data
        if data is not None:
            return affine(float(data.min()), float(data.max())).scales[0]
        quant = quants.get(groups.root(name))
        return quant.scales[0] if quant else 0.0

    weighted = specs()[op.kind].weighted
    if weighted is not None:
        filters = graph.tensors[op.inputs[weighted.weight]].data
        assert filters is not None
        return step(op.inputs[weighted.data]) * float(np.abs(filters).max()) / 127 / _LARGEST_RATIO
    if op.kind in ("ADD", "SUB"):
        return max(step(i) for i in op.inputs) / _LARGEST_RATIO
    if op.kind == "MUL":
        return step(op.inputs[0]) * step(op.inputs[1]) / _LARGEST_RATIO
    if op.kind == "LEAKY_RELU":
        return step(op.inputs[0]) * 2 / _LARGEST_RATIO
    return 0.0


def constant_quant(op: Op, data: Array, out: Quant | None, dtype: str) -> Quant:
    """The scheme of a constant; in sums its scale is no smaller than what delegates take (far below a step)."""
    if dtype == "int16":
        return balanced(float(data.min()), float(data.max()), 32767)
    quant = affine(float(data.min()), float(data.max()))
    if out is None or op.kind not in ("ADD", "SUB"):
        return quant
    return _at_least(quant, out.scales[0] * _SMALLEST_RATIO)


def _pads_a_maximum(graph: Graph, op: Op) -> bool:
    return op.kind == "PADV2" and graph.tensors[op.inputs[2]].data == LOWEST


def _holds(quant: Quant, low: float, high: float, reach: int) -> bool:
    """To one step: a LOGISTIC reaches 1, and the scale that its kernel demands ends at 255/256."""
    steps = low / quant.scales[0] + quant.zero_points[0], high / quant.scales[0] + quant.zero_points[0]
    return bool(steps[0] >= -reach - 1 and steps[1] <= reach)


def affine(low: float, high: float) -> Quant:
    """Scale and zero point of [low, high], which is widened to hold 0; 0 is represented exactly."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = float(np.float32(max(high - low, 1e-8) / LEVELS))
    return Quant((scale,), (int(np.clip(round(-128 - low / scale), -128, 127)),))


def balanced(low: float, high: float, levels: int = 127) -> Quant:
    """Scale of a range that is widened to be symmetric, with zero point 0 and so many steps on each side."""
    return Quant((float(np.float32(max(-low, high, 1e-8) / levels)),), (0,))


def quantized(array: Array, quant: Quant, dtype: str = "int8") -> Array:
    """Integers of an array under a per-tensor scheme."""
    steps: Array = np.round(array.astype(np.float64) / quant.scales[0]) + quant.zero_points[0]
    info = np.iinfo(dtype)
    return np.clip(steps, info.min, info.max).astype(dtype)
