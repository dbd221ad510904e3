"""Layers: every value of the network through all stages, and the layer that is to blame where one differs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeconv import bundle, layerwise, lowering, report
from edgeconv.core import axes
from edgeconv.core.drift import Apart, DriftPoint, ExactStage, LayerCulprit, Layers, SharedValue
from edgeconv.steps.state import FLOAT, ONNX, Converted, Road

CLIPS = 1
"""What is exact on one clip is exact on all: parity compares the outputs of the others."""


def compare_stages(
    road: Road, onnx: lowering.Trace, converted: Converted, drifted: Sequence[DriftPoint]
) -> tuple[Layers, bundle.Places]:
    """Original ONNX against 4D ONNX and against fp32 TFLite, value by value, and what `drifted` says of int8."""
    limits = road.profile.parity
    with road.watch.stage("layers"):
        lowered = _compare(road, ONNX, onnx, limits.float_relative)
        tflite = _compare(road, FLOAT, converted.trace, limits.runtime_relative)
    stages = told_stage("lowered ONNX", lowered), told_stage("fp32 TFLite", tflite)
    found = Layers(stages=stages, values=shared_values(lowered.layers, tflite.layers, drifted))
    notes = tuple(report.exact_words(stage) for stage in stages if stage.culprits or stage.died)
    compared = " and ".join(f"{stage.compared} values of the {stage.name}" for stage in stages)
    road.done("layers", f"{compared} compared; {_blame(stages)}", notes)
    return found, places(road, onnx, converted, (lowered, tflite))


def _blame(stages: Sequence[ExactStage]) -> str:
    count = sum(len(stage.culprits) for stage in stages)
    return "none differs by itself" if not count else f"{count} differ by themselves"


def _compare(road: Road, name: str, trace: lowering.Trace, tolerance: float) -> layerwise.Verification:
    lowered_first = name == ONNX
    changed = road.changed[name]
    request = layerwise.LayersRequest(
        original=road.original,
        lowered=road.lowered if lowered_first else road.frames,
        delivered=road.file(ONNX) if lowered_first else None,
        counterparts=tuple(c for c in trace.counterparts if c.name not in changed),
        merged=changed,
        inputs=tuple(trace.inputs),
        outputs=(),  # parity compares them
        clips=_clips(road, trace, name),
        samples=CLIPS,
        tolerance=tolerance,
        threads=road.profile.threads,
        every=True,
    )
    result = layerwise.compare_layers(request)
    road.watch.saw(result.peak_mib)
    return result.value


def _clips(road: Road, trace: lowering.Trace, name: str) -> tuple[layerwise.Clips, ...]:
    """Verification clips, also as the lowered graph takes them."""
    found = []
    for number, port in enumerate(trace.inputs):
        original = road.clips["verification"][port.name]
        laid = road.staged.scratch / f"layers.{name}.{number}.npy"
        np.save(
            laid,
            [axes.to_physical(clip, port.perm, port.physical) for clip in np.load(original, mmap_mode="r")[:CLIPS]],
        )
        found.append(layerwise.Clips(name=port.name, original=original, lowered=laid))
    return tuple(found)


def told_stage(name: str, found: layerwise.Verification) -> ExactStage:
    """What a comparison found, for the report."""
    culprits = (LayerCulprit(value=c.value, op=c.op, tensor=c.tensor, alone=c.alone) for c in found.culprits)
    return ExactStage(
        name=name,
        tolerance=found.tolerance,
        compared=found.compared,
        worst=found.worst.relative if found.worst else 0.0,
        culprits=tuple(culprits),
        inherited=found.inherited,
        died=found.died,
    )


def shared_values(
    lowered: Sequence[layerwise.Layer], tflite: Sequence[layerwise.Layer], drifted: Sequence[DriftPoint]
) -> tuple[SharedValue, ...]:
    """One row per value; `lowered` and `tflite` are in source order, and either may lack some."""
    int8 = {p.tensor: Apart(relative=p.relative, sqnr_db=p.sqnr_db) for p in drifted}
    here, there = {a.value: a for a in lowered}, {a.value: a for a in tflite}
    rows = []
    for name in _merged_order([a.value for a in lowered], [a.value for a in tflite]):
        first, second = here.get(name), there.get(name)
        told = first or second
        assert told is not None
        rows.append(
            SharedValue(
                value=name,
                op=told.op,
                tensor=second.tensor if second else "",
                lowered=_apart(first),
                tflite=_apart(second),
                int8=int8.get(second.tensor) if second else None,
            )
        )
    return tuple(rows)


def places(
    road: Road,
    onnx: lowering.Trace,
    converted: Converted,
    verified: tuple[layerwise.Verification, layerwise.Verification],
) -> bundle.Places:
    """Where the values lie that both delivered float files hold, as far as the comparison found them there."""
    lowered, tflite = verified
    first, second = ({c.name: c for c in trace.counterparts} for trace in (onnx, converted.trace))
    shapes = {a.value: a.physical for a in lowered.layers}
    ends = {port.name: port for port in onnx.outputs}
    first |= {name: _of_port(port) for name, port in ends.items() if name in first}
    shapes |= {name: port.physical for name, port in ends.items()}
    frames = road.profile.fold == "frames"
    held = {*lowered.kept, *ends} & {a.value for a in tflite.layers} if frames else set()
    ports = zip(onnx.inputs, converted.trace.inputs, strict=True)
    inputs = [_place(_of_port(a), _of_port(b), a.physical) for a, b in ports]
    told = {port.name for port in onnx.inputs}  # a tensor that several values share is compared once
    values = []
    for name in (n for n in first if n in held):
        if first[name].tensor not in told:
            told.add(first[name].tensor)
            values.append(_place(first[name], second[name], shapes[name]))
    return bundle.Places(
        float_relative=road.profile.parity.runtime_relative,
        int8_cosine=road.profile.parity.int8_cosine_min,
        inputs=tuple(p for p in inputs if p),
        values=tuple(p for p in values if p),
    )


def _place(first: lowering.Counterpart, second: lowering.Counterpart, physical: tuple[int, ...]) -> bundle.Place | None:
    found = lowering.composed(first, second, physical)
    if found is None:
        return None
    return bundle.Place(
        value=first.name, onnx=found.name, tensor=found.tensor, shape=found.shape, pieces=found.pieces, back=found.back
    )


def _of_port(port: lowering.Port) -> lowering.Counterpart:
    pieces = tuple(port.logical[axis] for axis in port.perm)
    back = tuple(int(place) for place in np.argsort(port.perm))
    return lowering.Counterpart(port.name, port.name, port.logical, pieces, back)


def _apart(layer: layerwise.Layer | None) -> Apart | None:
    return Apart(relative=layer.relative, sqnr_db=layer.sqnr_db) if layer else None


def _merged_order(first: Sequence[str], second: Sequence[str]) -> list[str]:
    """Both sequences in one, each in its own order."""
    places = {name: i for i, name in enumerate(first)}
    key, order = -1, dict[str, tuple[int, int]]()
    for number, name in enumerate(second):
        key = places.get(name, key)
        order[name] = (key, number + 1)
    order |= {name: (i, 0) for name, i in places.items()}
    return sorted(order, key=order.__getitem__)
