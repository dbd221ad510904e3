"""Both graphs on the same inputs, value by value, a bounded number of values at a time. Runs in a child."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from edgeconv.core import axes
from edgeconv.core.layout import Array
from edgeconv.layerwise.api import Layer, LayersRequest, OutputDifference, Verification
from edgeconv.layerwise.exposed import Exposed, Feeds
from edgeconv.layerwise.exposed_lite import ExposedLite
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
    original, lowered = Exposed(request.original, request.threads), _opened(request.lowered, request.threads)
    counterparts = [c for c in request.counterparts if lowered.holds(c.tensor)]
    found = {c.name: _Found() for c in counterparts}
    turns = _clips(request, original, lowered) if request.clips else [_seeded(request, original)]
    parts = list(chunks(counterparts, request.budget))
    for samples, laid in turns:
        _compare(parts, original, lowered, samples, laid, found)
    suspects = [c for c in counterparts if found[c.name].relative > request.tolerance]
    segments = Segments(original, {c.name: c for c in counterparts})
    parts = list(chunks(suspects, request.budget, segments.inputs))
    for samples, laid in turns:
        _isolate(parts, segments, lowered, samples, laid, found)
    layers = [_layer(c, found[c.name], original, segments) for c in counterparts]
    culprits = tuple(a for a in layers if a.relative > request.tolerance and not _acquitted(a, request.tolerance))
    outputs = _outputs(request, original, turns)
    return Verification(
        passed=not culprits and all(o.relative <= request.tolerance for o in outputs),
        tolerance=request.tolerance,
        samples=sum(len(samples) for samples, _ in turns),
        compared=len(layers),
        worst=max(layers, key=lambda a: a.relative, default=None),
        layers=tuple(layers) if request.every else (),
        kept=_kept(request, lowered, counterparts, turns[0]) if request.every else (),
        culprits=culprits,
        inherited=len(suspects) - len(culprits),
        outputs=outputs,
        uncompared=uncompared(original, found, request.merged, {c.name for c in request.counterparts} - {*found}),
    )


def _opened(path: Path, threads: int) -> Exposed | ExposedLite:
    return ExposedLite(path, threads) if path.suffix == ".tflite" else Exposed(path, threads)


Turn = tuple[Sequence[Feeds], Sequence[Feeds]]
"""Samples that go through at once, as the source and as the lowered graph takes them."""


def _seeded(request: LayersRequest, original: Exposed) -> Turn:
    random = np.random.default_rng(request.seed)
    samples = [
        {p.name: asymmetric(p.logical, original.dtype(p.name), random) for p in request.inputs}
        for _ in range(request.samples)
    ]
    return samples, [{p.name: axes.to_physical(s[p.name], p.perm, p.physical) for p in request.inputs} for s in samples]


def _clips(request: LayersRequest, original: Exposed, lowered: Exposed | ExposedLite) -> list[Turn]:
    """One at a time, each in the types that the graphs take."""

    def read(clip: int, graph: Exposed | ExposedLite, files: Mapping[str, Array]) -> Sequence[Feeds]:
        return [{n: a[clip].astype(graph.dtype(n), copy=False) for n, a in files.items()}]

    given = {c.name: np.load(c.original, mmap_mode="r") for c in request.clips}
    laid = {c.name: np.load(c.lowered, mmap_mode="r") for c in request.clips}
    count = min(request.samples, *(len(array) for array in (*given.values(), *laid.values())))
    return [(read(i, original, given), read(i, lowered, laid)) for i in range(count)]


class _Found:
    """Of one value, over all samples."""

    def __init__(self) -> None:
        self.relative = self.signal = self.noise = 0.0
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
    lowered: Exposed | ExposedLite,
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
                made = logical(c, got[c.tensor])
                seen.relative = max(seen.relative, difference(made, wanted[c.name]))
                signal, noise = powers(made, wanted[c.name])
                seen.signal, seen.noise = seen.signal + signal, seen.noise + noise


def _isolate(
    parts: Sequence[Sequence[Counterpart]],
    segments: Segments,
    lowered: Exposed | ExposedLite,
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


def _outputs(request: LayersRequest, original: Exposed, turns: Sequence[Turn]) -> tuple[OutputDifference, ...]:
    """The file that is delivered, by its outputs alone: a simplifier leaves no other name to rely on."""
    if request.delivered is None:
        return ()
    names = [p.name for p in request.outputs]
    delivered = Exposed(request.delivered, request.threads)
    worst = dict.fromkeys(names, 0.0)
    for samples, laid in turns:
        (wanted,) = original.relay([names], samples)
        (got,) = delivered.relay([names], laid)
        for port in request.outputs:
            for w, g in zip(wanted, got, strict=True):
                array = axes.to_logical(g[port.name], port.perm, port.logical)
                worst[port.name] = max(worst[port.name], difference(array, w[port.name]))
    return tuple(OutputDifference(name=n, relative=e) for n, e in worst.items())


def _kept(
    request: LayersRequest, lowered: Exposed | ExposedLite, counterparts: Sequence[Counterpart], turn: Turn
) -> tuple[str, ...]:
    """Values whose tensors came through the simplifier with their name and their meaning: one sample tells."""
    if request.delivered is None:
        return ()
    delivered = Exposed(request.delivered, request.threads)
    sample = turn[1][:1]
    parts = list(chunks([c for c in counterparts if delivered.holds(c.tensor)], request.budget))
    stages = [{c.tensor for c in part} for part in parts]
    kept: list[str] = []
    for part, (wanted,), (got,) in zip(
        parts, lowered.relay(stages, sample), delivered.relay(stages, sample), strict=True
    ):
        kept += [c.name for c in part if difference(got[c.tensor], wanted[c.tensor]) <= request.tolerance]
    return tuple(kept)


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


def powers(got: Array, wanted: Array) -> tuple[float, float]:
    """Of what is wanted, and of the difference; finite values only, and all of it is lost where the shapes differ."""
    a = wanted.astype(np.float64).reshape(-1)
    b = got.astype(np.float64).reshape(-1) if got.shape == wanted.shape else np.zeros_like(a)
    finite = np.isfinite(a) & np.isfinite(b)
    a, b = a[finite], b[finite]
    return float(a @ a), float((a - b) @ (a - b))


def _decibels(found: _Found) -> float:
    if found.noise == 0:
        return 300.0
    return min(300.0, 10 * math.log10(max(found.signal, 1e-30) / found.noise))


def _acquitted(layer: Layer, tolerance: float) -> bool:
    return layer.alone is not None and layer.alone <= tolerance


def _layer(c: Counterpart, found: _Found, original: Exposed, segments: Segments) -> Layer:
    return Layer(
        value=c.name,
        op=segments.told(c.name),
        relative=found.relative,
        sqnr_db=_decibels(found),
        alone=found.alone,
        shape=c.shape,
        physical=found.physical,
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
