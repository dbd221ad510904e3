"""Broadcasting under the layout algebra: common atoms, the cheapest memory order, and at most four groups."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edgeconv.core.layout import Atom, Atoms, Groups, Value, Views, leaves, refine, size_of


class _Context(Protocol):
    views: Views

    def rebase(self, value: Value) -> Value: ...
    def order(self, value: Value) -> Atoms: ...


@dataclass(frozen=True)
class Frame:
    """Operands over one set of result atoms: maps[i] takes a result atom to operand i's (absent: broadcast)."""

    values: tuple[Value, ...]
    dims: Groups
    maps: tuple[dict[Atom, Atom], ...]

    @property
    def atoms(self) -> Atoms:
        return tuple(a for d in self.dims for a in d)

    def signature(self, atom: Atom) -> tuple[bool, ...]:
        """Which operands have this axis."""
        return tuple(atom in m for m in self.maps)


def align(ctx: _Context, values: Sequence[Value]) -> Frame:
    """Split the operands' atoms until every broadcast axis matches one to one."""
    rank = max(len(v.dims) for v in values)
    padded = [v.with_dims([()] * (rank - len(v.dims)) + list(v.dims)) for v in values]
    for axis in range(rank):
        wide = [i for i, v in enumerate(padded) if v.shape[axis] > 1]
        lead = min(wide, key=lambda i: padded[i].array is not None, default=0)
        for i in wide * 2:
            if i != lead and not refine(padded[i].dims[axis], padded[lead].dims[axis]):
                padded[i] = ctx.rebase(padded[i])
                refine(padded[i].dims[axis], padded[lead].dims[axis])
    dims: list[Atoms] = []
    maps: list[dict[Atom, Atom]] = [{} for _ in padded]
    used: set[Atom] = set()
    for axis in range(rank):
        wide = [i for i, v in enumerate(padded) if v.shape[axis] > 1]
        lead = min(wide, key=lambda i: padded[i].array is not None, default=0)
        atoms = padded[lead].dim(axis)
        if used & set(atoms):
            atoms = tuple(Atom(a.size) for a in atoms)
        used |= set(atoms)
        dims.append(atoms)
        for i in wide:
            maps[i] |= dict(zip(atoms, padded[i].dim(axis), strict=True))
    return Frame(tuple(padded), tuple(dims), tuple(maps))


def choose_order(ctx: _Context, frame: Frame, max_rank: int) -> Atoms:
    """The memory order of some operand that makes the others move the fewest elements.

    Where all of those alternate between broadcast and not more often than the rank allows, atoms of equal signature
    are brought together.
    """
    atoms = frame.atoms
    candidates: list[Atoms] = []
    for value, mapping in zip(frame.values, frame.maps, strict=True):
        if value.array is not None or not mapping:
            continue
        back = {leaf: a for a, leaf in mapping.items()}
        for rep in value.storage.reps:
            have = tuple(back[a] for a in rep.order)
            candidates.append(_complete(have, atoms))
    if not candidates:
        return atoms
    candidates = [c for c in candidates if len(_runs(frame, c)) <= max_rank]

    def cost(order: Atoms) -> int:
        return sum(
            size_of(v.atoms)
            for v, m in zip(frame.values, frame.maps, strict=True)
            if not ctx.views.lies(v, [m[a] for a in order if a in m])
        )

    return min(candidates, key=cost, default=tuple(sorted(atoms, key=frame.signature)))


def _complete(have: Atoms, atoms: Atoms) -> Atoms:
    """Put the atoms an operand lacks beside their logical neighbours."""
    order = list(have)
    for i, atom in enumerate(atoms):
        if atom not in order:
            before = next((a for a in reversed(atoms[:i]) if a in order), None)
            order.insert(order.index(before) + 1 if before else 0, atom)
    return tuple(order)


def choose_groups(frame: Frame, order: Atoms, max_rank: int) -> list[Atoms]:
    """The dimensions to compute in: an operand's own tensor where it fits, else runs of equal signature."""
    for value, mapping in zip(frame.values, frame.maps, strict=True):
        if value.array is not None or len(mapping) != len(order):
            continue
        back = {leaf: a for a, leaf in mapping.items()}
        for rep in value.storage.reps:
            groups = [tuple(back[a] for a in leaves(g)) for g in rep.groups]
            same = all(len({frame.signature(a) for a in g}) <= 1 for g in groups)
            if same and len(groups) <= max_rank and tuple(a for g in groups for a in g) == order:
                return groups
    return _runs(frame, order)


def _runs(frame: Frame, order: Atoms) -> list[Atoms]:
    """Adjacent atoms of equal signature."""
    return [tuple(run) for _, run in itertools.groupby(order, key=frame.signature)]
