"""Delta debugging: the smallest graph near a failing one that still fails in the same way."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import replace

from graphs_generate import is_sound
from graphs_judge import Finding, judge
from graphs_ops import Op
from graphs_spec import Network, Spec

Fails = Callable[[Spec], bool]


def fails_like(finding: Finding) -> Fails:
    """Whether a graph that is well-conditioned shows a finding of the same stage and kind."""
    return lambda spec: is_sound(spec) and any(f.is_like(finding) for f in judge(spec).findings)


def reduced(spec: Spec, fails: Fails, budget: int = 400) -> Spec:
    """The graph after every simplification that keeps it failing, until none is left or the budget is spent.

    Raises:
        ValueError: it does not fail to begin with.
    """
    if not fails(spec):
        raise ValueError("the graph does not fail")
    tried = {spec}
    while budget > 0:
        for smaller in simpler(spec):
            if smaller in tried or not smaller.outputs or smaller.outputs == (0,):
                continue
            tried.add(smaller)
            budget -= 1
            if fails(smaller):
                spec = smaller
                break
            if budget <= 0:
                break
        else:
            break
    return spec


def simpler(spec: Spec) -> Iterator[Spec]:
    """All graphs that are simpler by one change, the boldest first; not all of them are valid."""
    yield from _earlier_outputs(spec)
    yield from _cut_fronts(spec)
    yield from _dropped_steps(spec)
    if spec.layout != "NCTHW":
        yield replace(spec, layout="NCTHW")
    yield from _smaller_clips(spec)
    yield from _plainer_ops(spec)


def _earlier_outputs(spec: Spec) -> Iterator[Spec]:
    """One output only: the first value that is wrong already."""
    for value in range(1, len(spec.steps) + 1):
        if (value,) != spec.outputs:
            yield replace(spec, outputs=(value,)).pruned()


def _cut_fronts(spec: Spec) -> Iterator[Spec]:
    """A later value becomes the clip."""
    try:
        shapes = [tuple(v.shape) for v in Network(spec).values]
    except (RuntimeError, ValueError, IndexError, TypeError):
        return
    for value in range(len(spec.steps) - 1, 0, -1):
        if len(shapes[value]) == 5:
            swap = {value: 0}
            steps = tuple(replace(s, inputs=tuple(swap.get(i, i) for i in s.inputs)) for s in spec.steps)
            outputs = tuple(dict.fromkeys(swap.get(o, o) for o in spec.outputs))
            if 0 not in outputs:
                yield replace(spec, clip=shapes[value], steps=steps, outputs=outputs).pruned()


def _dropped_steps(spec: Spec) -> Iterator[Spec]:
    """A step is passed by: its readers read one of its inputs. One input of many is left out."""
    for at in range(len(spec.steps) - 1, -1, -1):
        for source in dict.fromkeys(spec.steps[at].inputs):
            steps = tuple(replace(s, inputs=tuple(source if i == at + 1 else i for i in s.inputs)) for s in spec.steps)
            outputs = tuple(dict.fromkeys(source if o == at + 1 else o for o in spec.outputs))
            if 0 not in outputs:
                yield replace(spec, steps=steps, outputs=outputs).pruned()
    for at, step in enumerate(spec.steps):
        for i in range(len(step.inputs) if len(step.inputs) > 1 else 0):
            fewer = replace(step, inputs=step.inputs[:i] + step.inputs[i + 1 :])
            yield _with_step(spec, at, fewer.op, fewer.inputs)


def _smaller_clips(spec: Spec) -> Iterator[Spec]:
    for axis in (0, 3, 4, 2, 1):
        size = spec.clip[axis]
        for smaller in sorted({1, 2, size // 2, size - 1} - {0, size}):
            if smaller < size:
                yield replace(spec, clip=(*spec.clip[:axis], smaller, *spec.clip[axis + 1 :]))


def _plainer_ops(spec: Spec) -> Iterator[Spec]:
    """A field, or one number of it, back to its default; channels one at a time."""
    for at, step in enumerate(spec.steps):
        for plainer in _plainer(step.op):
            yield _with_step(spec, at, plainer, step.inputs)


def _plainer(op: Op) -> Iterator[Op]:
    for field in dataclasses.fields(op):
        value, plain = getattr(op, field.name), field.default
        if value == plain:
            continue
        yield replace(op, **{field.name: plain})
        if isinstance(value, tuple) and isinstance(plain, tuple) and len(value) == len(plain):
            for i, (have, want) in enumerate(zip(value, plain, strict=True)):
                if have != want:
                    yield replace(op, **{field.name: (*value[:i], want, *value[i + 1 :])})
        if isinstance(value, int) and not isinstance(value, bool) and value > 2 and field.name in ("out", "inner"):
            yield replace(op, **{field.name: value - 1})


def _with_step(spec: Spec, at: int, op: Op, inputs: tuple[int, ...]) -> Spec:
    steps = (*spec.steps[:at], replace(spec.steps[at], op=op, inputs=inputs), *spec.steps[at + 1 :])
    return replace(spec, steps=steps).pruned()
