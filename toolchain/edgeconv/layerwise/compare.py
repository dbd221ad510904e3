"""Both graphs on the same inputs, value by value, a bounded number of values at a time. Runs in a child."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from edgeconv.core import axes
from edgeconv.core.layout import Array
from edgeconv.layerwise.api import Layer, LayersRequest, OutputDifference, Verification
from edgeconv.layerwise.exposed import Exposed, Feeds
from edgeconv.layerwise.inputs import asymmetric
from edgeconv.layerwise.segments import Segments
from edgeconv.layerwise.uncompared import uncompared
from edgeconv.lowering import Counterpart

SMALLEST = 1e-6
"""A layer whose largest magnitude is below counts as one of this scale: its values are rounding alone."""
OTHER = 1e30
"""Stands for another shape, or for NaN where the source has a number."""
BEFORE = 4
"""How many operators before a layer are told."""


def compare(request: LayersRequest) -> Verification:
    original, lowered = Exposed(request.original, request.threads), Exposed(request.lowered, request.threads)
    random = np.random.default_rng(request.seed)
    samples = [
        {p.name: asymmetric(p.logical, original.dtype(p.name), random) for p in request.inputs}
        for _ in range(request.samples)
    ]
    laid = [{p.name: axes.to_physical(s[p.name], p.perm, p.physical) for p in request.inputs} for s in samples]
    counterparts = request.counterparts
    found = {c.name: _Found() for c in counterparts}
    _compare(list(chunks(counterparts, request.budget)), original, lowered, samples, laid, found)
    suspects = [c for c in counterparts if found[c.name].relative > request.tolerance]
    segments = Segments(original, {c.name: c for c in counterparts})
    _isolate(list(chunks(suspects, request.budget, segments.inputs)), segments, lowered, samples, laid, found)
    layers = [_layer(c, found[c.name], original, segments) for c in request.counterparts]
    culprits = tuple(a for a in layers if a.relative > request.tolerance and not _acquitted(a, request.tolerance))
    outputs = _outputs(request, original, samples, laid)
    return Verification(
        passed=not culprits and all(o.relative <= request.tolerance for o in outputs),
        tolerance=request.tolerance,
        samples=len(samples),
        compared=len(layers),
        worst=max(layers, key=lambda a: a.relative, default=None),
        culprits=culprits,
        inherited=len(suspects) - len(culprits),
        outputs=outputs,
        uncompared=uncompared(original, {c.name for c in request.counterparts}, request.merged),
    )


class _Found:
    """Of one value, over all samples."""

    def __init__(self) -> None:
        self.relative = 0.0
        self.alone: float | None = None
        self.physical: tuple[int, ...] = ()
        self.dtype = np.dtype(np.float32)


def chunks(
    wanted: Sequence[Counterpart], budget: int, also: Mapping[str, Sequence[Counterpart]] | None = None
) -> Iterator[list[Counterpart]]:
    """Values whose data, together with that of `also`, stays within the budget of bytes; one at least."""
    chunk: list[Counterpart] = []
    held = 0
    for counterpart in wanted:
        size = sum(4 * math.prod(c.shape) for c in (counterpart, *(also[counterpart.name] if also else ())))
        if chunk and held + size > budget:
            yield chunk
            chunk, held = [], 0
        chunk.append(counterpart)
        held += size
    if chunk:
        yield chunk


def _compare(
    parts: Sequence[Sequence[Counterpart]],
    original: Exposed,
    lowered: Exposed,
    samples: Sequence[Feeds],
    laid: Sequence[Feeds],
    found: Mapping[str, _Found],
) -> None:
    source = original.relay([{c.name for c in part} for part in parts], samples)
    target = lowered.relay([{c.tensor for c in part} for part in parts], laid)
    for part, all_wanted, all_got in zip(parts, source, target, strict=True):
        for c in part:
            seen = found[c.name]
            for wanted, got in zip(all_wanted, all_got, strict=True):
                seen.physical, seen.dtype = got[c.tensor].shape, wanted[c.name].dtype
                seen.relative = max(seen.relative, difference(logical(c, got[c.tensor]), wanted[c.name]))


def _isolate(
    parts: Sequence[Sequence[Counterpart]],
    segments: Segments,
    lowered: Exposed,
    samples: Sequence[Feeds],
    laid: Sequence[Feeds],
    found: Mapping[str, _Found],
) -> None:
    """Feed the source's own operators with what the lowered graph has before them."""
    stages = [{t.tensor for c in part for t in (c, *segments.inputs[c.name])} for part in parts]
    for part, all_got in zip(parts, lowered.relay(stages, laid), strict=True):
        for c in part:
            for sample, got in zip(samples, all_got, strict=True):
                before = segments.inputs[c.name]
                fed = {i.name: logical(i, got[i.tensor]).astype(found[i.name].dtype) for i in before}
                wanted = segments.run(c.name, {**sample, **fed})
                alone = OTHER if wanted is None else difference(logical(c, got[c.tensor]), wanted)
                found[c.name].alone = max(found[c.name].alone or 0.0, alone)


def _outputs(
    request: LayersRequest, original: Exposed, samples: Sequence[Feeds], laid: Sequence[Feeds]
) -> tuple[OutputDifference, ...]:
    """The file that is delivered, by its outputs alone: a simplifier leaves no other name to rely on."""
    names = [p.name for p in request.outputs]
    (wanted,) = original.relay([names], samples)
    (got,) = Exposed(request.delivered, request.threads).relay([names], laid)
    worst = dict.fromkeys(names, 0.0)
    for port in request.outputs:
        for w, g in zip(wanted, got, strict=True):
            array = axes.to_logical(g[port.name], port.perm, port.logical)
            worst[port.name] = max(worst[port.name], difference(array, w[port.name]))
    return tuple(OutputDifference(name=n, relative=e) for n, e in worst.items())


def logical(counterpart: Counterpart, tensor: Array) -> Array:
    """As the source has it; as it is, where it does not even have the right size."""
    fits = tensor.size == math.prod(counterpart.shape)
    return counterpart.logical(tensor) if fits else tensor


def difference(got: Array, wanted: Array) -> float:
    """Largest difference over the largest finite magnitude of what is wanted."""
    if got.shape != wanted.shape:
        return OTHER
    a, b = wanted.astype(np.float64), got.astype(np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):
        error = np.where(same, 0.0, np.abs(a - b))
    scale = float(np.abs(a[np.isfinite(a)]).max(initial=SMALLEST))
    largest = float(np.nan_to_num(error, nan=np.inf).max(initial=0.0)) / scale
    return min(largest, OTHER)


def _acquitted(layer: Layer, tolerance: float) -> bool:
    return layer.alone is not None and layer.alone <= tolerance


def _layer(c: Counterpart, found: _Found, original: Exposed, segments: Segments) -> Layer:
    return Layer(
        value=c.name,
        op=segments.told(c.name),
        relative=found.relative,
        alone=found.alone,
        shape=c.shape,
        tensor=c.tensor,
        lies=axes.lies(c.shape, _pieces(c), found.physical),
        before=tuple(original.before(c.name, BEFORE)),
    )


def _pieces(c: Counterpart) -> list[tuple[int, int]]:
    """(axis, size) in memory order."""
    owners: list[int] = []
    axis, held = 0, 1
    for place in c.back:
        while held == c.shape[axis]:
            axis, held = axis + 1, 1
        owners.append(axis)
        held *= c.pieces[place]
    by_place = dict(zip(c.back, owners, strict=True))
    return [(by_place[place], c.pieces[place]) for place in range(len(c.pieces))]
