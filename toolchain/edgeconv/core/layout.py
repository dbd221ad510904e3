"""The layout algebra: a value is a logical shape plus physical representations keyed by memory order.

The axes of a value are split into *atoms*. A logical dimension is a list of atoms, major first; a
representation (:class:`Rep`) lists all atoms in memory order, grouped into the dimensions of the tensor that
was really emitted. Hence

- Transpose permutes logical dimensions and Reshape regroups or splits atoms: neither costs a node;
- an operator asks for an order; if the atoms already lie so it gets a view (at most one Reshape node), and
  only if they do not is a real Transpose emitted.

Dimensions of size 1 hold no atoms, so they never take part in the order.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from edgeconv.core.permuting import next_transpose

Array = npt.NDArray[Any]


class Atom:
    """An indivisible piece of an axis. Identity is what counts, not size; a later split is seen by every value."""

    __slots__ = ("parts", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.parts: tuple[Atom, ...] = ()

    def split(self, major: int) -> tuple[Atom, Atom]:
        """Split into (major, size // major); `major` must divide the size."""
        assert not self.parts
        assert self.size % major == 0, (self.size, major)
        first, second = Atom(major), Atom(self.size // major)
        self.parts = (first, second)
        return first, second

    def __repr__(self) -> str:
        return f"<{self.size}@{id(self) & 0xFFFF:x}>"


Atoms = tuple[Atom, ...]
Groups = tuple[Atoms, ...]


def leaves(atoms: Iterable[Atom]) -> Atoms:
    """Resolve splits: the finest atoms, in order."""
    found = tuple(atoms)
    for atom in found:
        if atom.parts:
            return tuple(_finest(found))
    return found


def _finest(some: Iterable[Atom]) -> Iterator[Atom]:
    for atom in some:
        if atom.parts:
            yield from _finest(atom.parts)
        else:
            yield atom


def size_of(atoms: Iterable[Atom]) -> int:
    size = 1
    for atom in atoms:
        size *= atom.size
    return size


def flatten(groups: Iterable[Iterable[Atom]]) -> Atoms:
    return leaves(a for g in groups for a in g)


def fresh(size: int) -> Atoms:
    """Atoms of a new axis: none for size 1. Shape arithmetic knows empty constants, so size 0 keeps its atom."""
    return () if size == 1 else (Atom(size),)


@dataclass(frozen=True)
class Rep:
    """One emitted tensor: its name and, per tensor dimension, the atoms that lie in it."""

    tensor: str
    groups: Groups

    @property
    def order(self) -> Atoms:
        return flatten(self.groups)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(size_of(g) for g in self.groups)


@dataclass(eq=False)
class Storage:
    """The data behind one or several values (views of each other)."""

    reps: list[Rep] = field(default_factory=list)
    constant: Array | None = None
    """Data of a constant, flat, in the order of `atoms`."""
    atoms: Atoms = ()
    tensors: dict[tuple[Atoms, tuple[int, ...]], str] = field(default_factory=dict)
    """Constants already emitted, by order and shape."""


@dataclass(frozen=True, eq=False)
class Value:
    """A logical tensor: dims[i] are the atoms of logical dimension i, major first."""

    dims: Groups
    storage: Storage

    @cached_property
    def shape(self) -> tuple[int, ...]:
        return tuple(size_of(d) for d in self.dims)

    @property
    def atoms(self) -> Atoms:
        return flatten(self.dims)

    def dim(self, axis: int) -> Atoms:
        return leaves(self.dims[axis])

    @property
    def array(self) -> Array | None:
        """The data of a constant in logical order, or None."""
        if self.storage.constant is None:
            return None
        return arrange(self.storage, self.atoms).reshape(self.shape)

    def with_dims(self, dims: Iterable[Iterable[Atom]]) -> Value:
        """The same data under other logical dimensions."""
        return Value(tuple(tuple(d) for d in dims), self.storage)


def arrange(storage: Storage, order: Atoms) -> Array:
    """Data of a constant, flat, in the given memory order."""
    assert storage.constant is not None
    stored = leaves(storage.atoms)
    if stored == order:
        return storage.constant
    position = {a: i for i, a in enumerate(stored)}
    blocks = storage.constant.reshape([a.size for a in stored])
    return np.ascontiguousarray(blocks.transpose([position[a] for a in order])).reshape(-1)


def constant(array: Array) -> Value:
    dims = tuple(fresh(s) for s in array.shape)
    return Value(dims, Storage(constant=np.ascontiguousarray(array).reshape(-1), atoms=flatten(dims)))


def regroup(atoms: Sequence[Atom], shape: Sequence[int]) -> Groups | None:
    """Distribute a sequence of atoms over dimensions of the given sizes, splitting atoms where a boundary falls inside.

    Returns None where a boundary cannot fall on any split (for example atoms 4, 6 into 3, 8).
    """
    rest = list(leaves(atoms))[::-1]
    dims: list[Atoms] = []
    for size in shape:
        dim: list[Atom] = []
        need = size
        while need > 1:
            if not rest:
                return None
            atom = rest.pop()
            if need % atom.size == 0:
                dim.append(atom)
                need //= atom.size
            elif atom.size % need == 0:
                first, second = atom.split(need)
                dim.append(first)
                rest.append(second)
                need = 1
            else:
                return None
        dims.append(tuple(dim))
    return tuple(dims) if not rest else None


def refine(a: Sequence[Atom], b: Sequence[Atom]) -> bool:
    """Split the atoms of two equally long axes until they match one to one; False where no split can."""
    left, right = list(leaves(a))[::-1], list(leaves(b))[::-1]
    while left and right:
        x, y = left.pop(), right.pop()
        if x.parts or y.parts:  # split meanwhile: it stands in both axes, at different places
            left += leaves((x,))[::-1]
            right += leaves((y,))[::-1]
        elif x.size > y.size and x.size % y.size == 0:
            left.append(x.split(y.size)[1])
        elif y.size > x.size and y.size % x.size == 0:
            right.append(y.split(x.size)[1])
        elif x.size != y.size:
            return False
    return not left and not right


def merge_runs(order: Sequence[Atom], wanted: Sequence[Atom]) -> list[Atoms]:
    """Cut `order` into the longest runs that stay together in `wanted`."""
    position = {a: i for i, a in enumerate(wanted)}
    runs: list[list[Atom]] = []
    for atom in order:
        if runs and position[atom] == position[runs[-1][-1]] + 1:
            runs[-1].append(atom)
        else:
            runs.append([atom])
    return [tuple(r) for r in runs]


@dataclass(frozen=True)
class Move:
    """A transpose that had to be emitted."""

    cause: str
    """Operator and value that asked for it."""
    blocks: tuple[int, ...]
    """Sizes of the blocks that stay together, in the order in which they lay."""
    storage: Storage
    goal: Atoms
    """The memory order that was asked for."""

    @property
    def elements(self) -> int:
        return math.prod(self.blocks)

    def __str__(self) -> str:
        return f"{self.cause}: {'×'.join(map(str, self.blocks))}"


class Mover(Protocol):
    """What the algebra needs from whatever emits tensors."""

    def constant(self, array: Array) -> str: ...
    def reshape(self, tensor: str, shape: tuple[int, ...]) -> str: ...
    def transpose(self, tensor: str, perm: tuple[int, ...]) -> str: ...


@dataclass
class Views:
    """Hands out physical tensors of values, emitting a Reshape or Transpose only when none lies right."""

    mover: Mover
    max_rank: int = 4
    cause: str = ""
    """Who asks now; named with every transpose that has to be emitted."""
    moves: list[Move] = field(default_factory=list)

    def get(self, value: Value, groups: Iterable[Iterable[Atom]]) -> str:
        """Name of a tensor whose dimension i holds exactly the atoms groups[i], in that order."""
        wanted = tuple(leaves(g) for g in groups)
        order = flatten(wanted)
        shape = tuple(size_of(g) for g in wanted)
        storage = value.storage
        if storage.constant is not None:
            key = (order, shape)
            if key not in storage.tensors:
                storage.tensors[key] = self.mover.constant(arrange(storage, order).reshape(shape))
            return storage.tensors[key]
        lying = self._lying(storage, order)
        if lying is None:
            lying = self._transposed(storage, order)
        for rep in storage.reps:
            if rep.shape == shape and rep.order == order:
                return rep.tensor
        tensor = self.mover.reshape(lying.tensor, shape)
        storage.reps.append(Rep(tensor, wanted))
        return tensor

    def lies(self, value: Value, order: Iterable[Atom]) -> bool:
        """True when the value can be had in this memory order without moving data."""
        return value.storage.constant is not None or self._lying(value.storage, leaves(order)) is not None

    @staticmethod
    def _lying(storage: Storage, order: Atoms) -> Rep | None:
        return next((rep for rep in storage.reps if rep.order == order), None)

    def _transposed(self, storage: Storage, order: Atoms) -> Rep:
        """Emit the real transpose; more than `max_rank` blocks take several, as few as can be."""
        base = min(storage.reps, key=lambda r: len(merge_runs(r.order, order)))
        position = {a: i for i, a in enumerate(order)}
        while base.order != order:
            runs = merge_runs(base.order, order)
            self.moves.append(Move(self.cause, tuple(size_of(r) for r in runs), storage, order))
            rank = {r[0]: i for i, r in enumerate(sorted(runs, key=lambda r: position[r[0]]))}
            together, perm = next_transpose(tuple(rank[r[0]] for r in runs), self.max_rank)
            groups = [tuple(a for i in g for a in runs[i]) for g in together]
            shape = tuple(size_of(g) for g in groups)
            tensor = base.tensor if base.shape == shape else self.mover.reshape(base.tensor, shape)
            base = Rep(self.mover.transpose(tensor, perm), tuple(groups[i] for i in perm))
        storage.reps.append(base)
        return base
