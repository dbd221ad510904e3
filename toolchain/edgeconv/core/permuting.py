"""A permutation of many blocks as few transposes of at most four."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache

Groups = tuple[tuple[int, ...], ...]


@lru_cache(maxsize=4096)
def next_transpose(places: tuple[int, ...], limit: int) -> tuple[Groups, tuple[int, ...]]:
    """The best first transpose of blocks that must end up in the order of their numbers.

    Args:
        places: for each block in memory order, its place in the goal; no two neighbours follow each other there.
        limit: the highest rank of a tensor.

    Returns:
        the blocks (by position) that are taken together, at most `limit` groups, and the permutation of the groups:
        the one that leaves the fewest blocks apart. Where the blocks fit into one tensor that is the whole way.
    """
    if len(places) <= limit:
        order = sorted(range(len(places)), key=places.__getitem__)
        return tuple((i,) for i in range(len(places))), tuple(order)
    best: tuple[int, Groups, tuple[int, ...]] | None = None
    for cuts in itertools.combinations(range(1, len(places)), limit - 1):
        bounds = (0, *cuts, len(places))
        groups = tuple(tuple(range(a, b)) for a, b in itertools.pairwise(bounds))
        for perm in itertools.permutations(range(limit)):
            left = _runs([places[i] for g in perm for i in groups[g]])
            if best is None or left < best[0]:
                best = (left, groups, perm)
    assert best is not None
    return best[1], best[2]


def _runs(places: Sequence[int]) -> int:
    return 1 + sum(b != a + 1 for a, b in itertools.pairwise(places))
