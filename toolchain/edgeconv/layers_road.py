"""The road of `edgeconv verify --layers`: what a bundle holds, layer by layer, without the network it came from.

4D ONNX → fp32 TFLite, which must be equal up to the order of sums, and → int8 TFLite, over the golden clips.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeconv import bundle, inspection, layerwise, lowering, parity, report, runtimes
from edgeconv.core.child import ChildDied
from edgeconv.core.drift import DriftPoint, ExactStage, Layers
from edgeconv.core.errors import UsageError
from edgeconv.core.layout import Array
from edgeconv.steps.layers import shared_values, told_stage
from edgeconv.steps.state import FLOAT, INT8, ONNX


@dataclass(frozen=True)
class BundleLayers:
    """What the comparison found."""

    layers: Layers
    drift: tuple[DriftPoint, ...]
    """int8 against float, tensor by tensor."""
    findings: tuple[str, ...]
    """What must not be: a layer of the float file that differs by itself, int8 outputs too far off, a runtime that
    crashed."""


def compare_bundle(folder: Path, manifest: bundle.Manifest, threads: int) -> BundleLayers:
    """Compare the files of a whole bundle (see :func:`edgeconv.bundle.inspect_bundle`) layer by layer.

    Raises:
        UsageError: the bundle does not say where its values lie, or holds no golden clips.
    """
    places = bundle.read_places(folder)
    if not manifest.golden:
        raise UsageError(f"'{folder}' holds no golden clips to compare its layers on", hint="export it again")
    with tempfile.TemporaryDirectory(prefix="edgeconv-layers-") as scratch:
        feeds = _dequantized(folder, manifest, Path(scratch))
        stages = (_exact(folder, places, feeds, Path(scratch), threads),) if places.values else ()
        tensors, died = _int8(folder, feeds, threads)
    points = parity.diagnose(tensors, inspection.inspect_file(folder / INT8)) if tensors else ()
    told = tuple(told_stage("fp32 TFLite", found) for found in stages)
    rows = shared_values((), stages[0].layers if stages else (), points)
    names = {p.onnx: p.value for p in places.values}
    layers = Layers(
        stages=tuple(_renamed(stage, names) for stage in told),
        values=tuple(row.model_copy(update={"value": names[row.value]}) for row in rows),
    )
    findings = [report.exact_words(stage) for stage in layers.stages if stage.culprits or stage.died]
    findings += [died] if died else _too_far(folder, points, places.int8_cosine)
    return BundleLayers(layers, points, tuple(findings))


def _dequantized(folder: Path, manifest: bundle.Manifest, scratch: Path) -> tuple[runtimes.Feed, ...]:
    """The golden clips in real numbers, as the float TFLite file takes them, an array [clips, ...] per input."""
    found = []
    for number, meaning in enumerate(manifest.inputs):
        steps = np.stack([np.load(folder / vector.inputs[number], allow_pickle=False) for vector in manifest.golden])
        real = steps if meaning.scale == 0 else (steps.astype(np.float32) - meaning.zero_point) * meaning.scale
        np.save(path := scratch / f"input.{number}.npy", real.astype(np.float32))
        found.append(runtimes.Feed(clips=path, perm=tuple(range(real.ndim - 1)), physical=real.shape[1:]))
    return tuple(found)


def _exact(
    folder: Path, places: bundle.Places, feeds: tuple[runtimes.Feed, ...], scratch: Path, threads: int
) -> layerwise.Verification:
    clips = []
    for place, feed in zip(places.inputs, feeds, strict=True):
        counterpart = _counterpart(place)
        as_onnx: list[Array] = [counterpart.logical(clip) for clip in np.load(feed.clips, mmap_mode="r")]
        np.save(path := feed.clips.with_suffix(".onnx.npy"), np.stack(as_onnx))
        clips.append(layerwise.Clips(name=place.onnx, original=path, lowered=feed.clips))
    for name in (ONNX, FLOAT):
        shutil.copyfile(folder / name, scratch / name)
    request = layerwise.LayersRequest(
        original=scratch / ONNX,
        lowered=scratch / FLOAT,
        counterparts=tuple(map(_counterpart, places.values)),
        inputs=(),
        outputs=(),
        clips=tuple(clips),
        tolerance=places.float_relative,
        threads=threads,
        every=True,
    )
    return layerwise.compare_layers(request).value


def _counterpart(place: bundle.Place) -> lowering.Counterpart:
    return lowering.Counterpart(place.onnx, place.tensor, place.shape, place.pieces, place.back)


def _int8(folder: Path, feeds: tuple[runtimes.Feed, ...], threads: int) -> tuple[tuple[runtimes.TensorDrift, ...], str]:
    """Tensor by tensor, or how the runtime ended."""
    request = runtimes.CompareRequest(reference=folder / FLOAT, candidate=folder / INT8, feeds=feeds, threads=threads)
    try:
        return runtimes.compare_tensors(request).value.tensors, ""
    except ChildDied as died:
        return (), "; ".join((f"{INT8}: {died.message}", *died.reasons))


def _too_far(folder: Path, points: tuple[DriftPoint, ...], least: float) -> list[str]:
    ends = {t.name for t in inspection.inspect_file(folder / INT8).outputs}
    far = [p for p in points if p.tensor in ends and p.cosine < least]
    said = [
        f"{INT8}: output '{p.tensor}' has a cosine of {p.cosine:.4f} with float, at least {least:g} is asked"
        for p in far
    ]
    return [*said, report.int8_words(points)] if far else []


def _renamed(stage: ExactStage, names: dict[str, str]) -> ExactStage:
    """By the names of the network instead of those of the ONNX file."""
    culprits = tuple(c.model_copy(update={"value": names[c.value]}) for c in stage.culprits)
    return stage.model_copy(update={"culprits": culprits})
