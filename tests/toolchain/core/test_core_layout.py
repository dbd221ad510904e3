"""The layout algebra against numpy: behind any chain of views, the tensor handed out holds the right bytes."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layout_mover import NumpyMover, get, numbered

from edgeconv.core.layout import (
    Array,
    Atom,
    Rep,
    Storage,
    Value,
    Views,
    arrange,
    constant,
    flatten,
    fresh,
    leaves,
    merge_runs,
    refine,
    regroup,
    size_of,
)

many = settings(max_examples=150, derandomize=True, deadline=None, database=None)


@st.composite
def shapes(draw: st.DrawFn, low: int = 1, high: int = 8) -> tuple[int, ...]:
    """Ranks 1 to 8; sizes are drawn with 1 among them and the product stays small."""
    rank = draw(st.integers(low, high))
    sizes: list[int] = []
    for _ in range(rank):
        room = 4096 // math.prod(sizes)
        sizes.append(draw(st.sampled_from([s for s in (1, 2, 3, 4, 5, 6, 7) if s <= max(1, room)])))
    return tuple(sizes)


def factorizations(draw: st.DrawFn, total: int) -> tuple[int, ...]:
    """A random shape of this many elements."""
    sizes: list[int] = []
    while total > 1 and len(sizes) < 7:
        sizes.append(draw(st.sampled_from([d for d in range(1, total + 1) if total % d == 0])))
        total //= sizes[-1]
    return (*sizes, total)


def permuted(draw: st.DrawFn, value: Value, array: Array) -> tuple[Value, Array]:
    perm = draw(st.permutations(range(array.ndim)))
    return value.with_dims(value.dims[p] for p in perm), array.transpose(perm)


def reshaped(draw: st.DrawFn, value: Value, array: Array) -> tuple[Value, Array]:
    shape = factorizations(draw, array.size)
    dims = regroup(value.atoms, shape)
    return (value, array) if dims is None else (value.with_dims(dims), array.reshape(shape))


def squeezed(draw: st.DrawFn, value: Value, array: Array) -> tuple[Value, Array]:
    ones = [i for i, s in enumerate(array.shape) if s == 1]
    gone = set(draw(st.lists(st.sampled_from(ones), unique=True))) if ones else set()
    kept = [d for i, d in enumerate(value.dims) if i not in gone]
    return value.with_dims(kept), array.squeeze(tuple(gone))


def unsqueezed(draw: st.DrawFn, value: Value, array: Array) -> tuple[Value, Array]:
    at = draw(st.integers(0, array.ndim))
    return value.with_dims((*value.dims[:at], (), *value.dims[at:])), np.expand_dims(array, at)


CHANGES = (permuted, reshaped, squeezed, unsqueezed)


@st.composite
def viewed(draw: st.DrawFn) -> tuple[NumpyMover, Value, Array]:
    """A value behind a random chain of views, and what numpy makes of the same chain."""
    array = numbered(*draw(shapes()))
    mover = NumpyMover()
    value = constant(array) if draw(st.booleans()) else mover.input(array)
    for change in draw(st.lists(st.sampled_from(CHANGES), max_size=6)):
        value, array = change(draw, value, array)
        assert value.shape == array.shape
    return mover, value, array


@st.composite
def cuts(draw: st.DrawFn, count: int) -> list[range]:
    """Up to four consecutive ranges over `count` things, some of them empty."""
    bounds = sorted(draw(st.lists(st.integers(0, count), max_size=3)))
    edges = [0, *bounds, count]
    return [range(a, b) for a, b in pairwise(edges)]


@many
@given(viewed(), st.data())
def test_any_chain_of_views_in_any_order_and_grouping(
    made: tuple[NumpyMover, Value, Array], data: st.DataObject
) -> None:
    mover, value, array = made
    views = Views(mover)
    for _ in range(2):  # the second demand may find the tensors of the first
        perm = data.draw(st.permutations(range(array.ndim)))
        order = flatten(value.dims[p] for p in perm)
        groups = [order[r.start : r.stop] for r in data.draw(cuts(len(order)))]
        got = get(mover, views, value, groups)
        assert got.shape == tuple(size_of(g) for g in groups)
        np.testing.assert_array_equal(got.reshape(-1), array.transpose(perm).reshape(-1))


@many
@given(shapes(), st.data())
def test_no_data_moves_while_the_order_stays(shape: tuple[int, ...], data: st.DataObject) -> None:
    array, mover = numbered(*shape), NumpyMover()
    value = mover.input(array)
    views = Views(mover)
    for _ in range(3):
        order = value.atoms
        groups = [order[r.start : r.stop] for r in data.draw(cuts(len(order)))]
        np.testing.assert_array_equal(get(mover, views, value, groups).reshape(-1), array.reshape(-1))
        dims = regroup(order, factorizations(data.draw, array.size))
        value = value if dims is None else value.with_dims(dims)
        assert views.lies(value, value.atoms)
    assert mover.log["transpose"] == 0
    assert views.moves == []


def test_transpose_and_back_is_free() -> None:
    """Transpose, Reshape, Transpose back (the paper's block): other converters leave two copies here."""
    array, mover = numbered(2, 3, 5, 7, 11), NumpyMover()
    value = mover.input(array)
    views = Views(mover)
    swapped = value.with_dims(value.dims[p] for p in (0, 2, 1, 3, 4))
    merged = swapped.with_dims((swapped.dims[0], swapped.dims[1], swapped.dims[2], flatten(swapped.dims[3:])))
    back = merged.with_dims(merged.dims[p] for p in (0, 2, 1, 3))
    got = get(mover, views, back, back.dims)
    np.testing.assert_array_equal(got, array.reshape(2, 3, 5, 77))
    assert mover.log == {"input": 1, "reshape": 1}


def test_the_same_demand_is_served_once() -> None:
    array, mover = numbered(2, 3, 5), NumpyMover()
    value = mover.input(array)
    views = Views(mover, cause="Conv 'a'")
    turned = [value.dims[2], value.dims[0], value.dims[1]]
    first = views.get(value, turned)
    assert views.get(value, turned) == first
    assert views.get(value, [flatten(turned)]) != first
    assert mover.log == {"input": 1, "transpose": 1, "reshape": 3}
    assert [str(m) for m in views.moves] == ["Conv 'a': 6×5"]


def test_a_transpose_starts_from_the_nearest_tensor() -> None:
    array, mover = numbered(2, 3, 5, 7, 11), NumpyMover()
    value, views = mover.input(array), Views(mover)
    a, b, c, d, e = value.dims
    views.get(value, [flatten((e, d, c, b, a))])
    moves = mover.log["transpose"]
    got = get(mover, views, value, (flatten((e, d, c)), a, b))  # four blocks from the input, three from here
    np.testing.assert_array_equal(got.reshape(-1), array.transpose(4, 3, 2, 0, 1).reshape(-1))
    assert mover.log["transpose"] == moves + 1
    assert str(views.moves[-1]).endswith("385×3×2")


@many
@given(st.data())
def test_more_than_four_blocks_move_in_steps_of_rank_four(data: st.DataObject) -> None:
    """A random order of up to eight axes: NumpyMover itself refuses a rank above four."""
    shape = data.draw(st.permutations((2, 3, 4, 5, 6, 2, 3, 2)).map(lambda p: p[: data.draw(st.integers(5, 8))]))
    array, mover = numbered(*shape), NumpyMover()
    value = mover.input(array)
    perm = data.draw(st.permutations(range(len(shape))))
    turned = value.with_dims(value.dims[p] for p in perm)
    got = get(mover, Views(mover), turned, [turned.atoms])
    np.testing.assert_array_equal(got, array.transpose(perm).reshape(-1))
    blocks = len(merge_runs(value.atoms, turned.atoms))
    assert mover.log["transpose"] <= max(blocks - 2, int(blocks > 1))


@pytest.mark.parametrize(
    "perm", [(4, 2, 0, 3, 1), (0, 1, 4, 2, 5, 3, 6, 7), (7, 5, 3, 1, 0, 2, 4, 6), (0, 1, 3, 5, 2, 4, 6, 7)]
)
def test_window_partitions_of_rank_five_to_eight(perm: tuple[int, ...]) -> None:
    """The permutations of attention windows, where no two neighbours stay neighbours."""
    array, mover = numbered(*(2, 3, 5, 4, 2, 3, 2, 5)[: len(perm)]), NumpyMover()
    value = mover.input(array)
    turned = value.with_dims(value.dims[p] for p in perm)
    got = get(mover, Views(mover), turned, [turned.atoms[:2], turned.atoms[2:]])
    np.testing.assert_array_equal(got.reshape(-1), array.transpose(perm).reshape(-1))
    assert 0 < mover.log["transpose"] <= len(perm) - 2


def test_constants_are_laid_out_here_and_never_moved_at_run_time() -> None:
    array, mover = numbered(2, 3, 5, 7).astype(np.float32), NumpyMover()
    value, views = constant(array), Views(mover)
    turned = value.with_dims(value.dims[p] for p in (3, 1, 0, 2))
    np.testing.assert_array_equal(get(mover, views, turned, turned.dims), array.transpose(3, 1, 0, 2))
    assert views.get(turned, turned.dims) == views.get(turned, turned.dims)
    assert mover.log == {"constant": 1}
    assert views.lies(value, turned.atoms)
    np.testing.assert_array_equal(turned.array, array.transpose(3, 1, 0, 2))
    assert constant(np.float32(3.5).reshape(())).array.shape == ()
    assert mover.input(array).array is None


def test_a_constant_in_stored_order_is_not_copied() -> None:
    value = constant(np.arange(30.0).reshape(5, 6))
    assert arrange(value.storage, value.atoms) is value.storage.constant


@many
@given(shapes(), st.data())
def test_regroup_gives_the_asked_shape_and_keeps_the_order(shape: tuple[int, ...], data: st.DataObject) -> None:
    atoms = flatten(fresh(s) for s in shape)
    wanted = factorizations(data.draw, math.prod(shape))
    groups = regroup(atoms, wanted)
    if groups is not None:
        assert tuple(size_of(g) for g in groups) == wanted
        assert flatten(groups) == leaves(atoms)
    else:
        # Impossible only where a new boundary falls inside an axis without dividing it.
        edges = set(np.cumprod([1, *wanted]).tolist())
        axes = list(zip(np.cumprod([1, *shape]).tolist(), np.cumprod(shape).tolist(), strict=False))
        assert any(lo < e < hi and (e % lo or hi % e) for e in edges for lo, hi in axes)


@pytest.mark.parametrize(
    ("sizes", "wanted"),
    [((4, 6), (3, 8)), ((5,), (3,)), ((2, 3), (6, 2)), ((6,), (4, 2)), ((2, 3), (2,)), ((7, 2), (2, 7))],
)
def test_regroup_says_none_where_no_split_fits(sizes: tuple[int, ...], wanted: tuple[int, ...]) -> None:
    assert regroup([Atom(s) for s in sizes], wanted) is None


def test_a_split_is_seen_by_every_value() -> None:
    atom = Atom(12)
    mine, theirs = [atom], [Atom(3), Atom(4)]
    assert refine(mine, theirs)
    assert [a.size for a in leaves(mine)] == [3, 4]
    assert leaves([atom]) == leaves(mine)
    value = Value(((atom,),), Storage([Rep("x", ((atom,),))]))
    assert [a.size for a in value.atoms] == [3, 4]
    assert value.shape == (12,)
    with pytest.raises(AssertionError):
        Atom(12).split(5)


@many
@given(st.data())
def test_refine_finds_the_common_split_or_says_no(data: st.DataObject) -> None:
    total = data.draw(st.sampled_from([12, 24, 36, 60, 64]))
    left = [Atom(s) for s in factorizations(data.draw, total) if s > 1]
    right = [Atom(s) for s in factorizations(data.draw, total) if s > 1]
    edges = [np.cumprod([a.size for a in side])[::-1].tolist() for side in (left, right)]
    if refine(left, right):
        assert [a.size for a in leaves(left)] == [a.size for a in leaves(right)]
        assert size_of(leaves(left)) == total
    else:
        joint = sorted({*edges[0], *edges[1], 1})
        assert any(b % a for a, b in pairwise(joint))


def test_refine_refuses_other_lengths() -> None:
    assert not refine([Atom(4)], [Atom(4), Atom(2)])
    assert not refine([Atom(4), Atom(6)], [Atom(3), Atom(8)])


def test_merge_runs_cuts_where_the_wanted_order_departs() -> None:
    a, b, c, d = (Atom(s) for s in (2, 3, 4, 5))
    assert merge_runs((a, b, c, d), (c, d, a, b)) == [(a, b), (c, d)]
    assert merge_runs((a, b, c, d), (a, b, c, d)) == [(a, b, c, d)]
    assert merge_runs((a, b, c), (c, b, a)) == [(a,), (b,), (c,)]


def test_axes_of_size_one_hold_no_atoms() -> None:
    array, mover = numbered(1, 3, 1, 5), NumpyMover()
    value = mover.input(array)
    turned = value.with_dims(value.dims[p] for p in (2, 1, 0, 3))
    np.testing.assert_array_equal(get(mover, Views(mover), turned, turned.dims), array.transpose(2, 1, 0, 3))
    assert mover.log["transpose"] == 0
    assert fresh(1) == ()
