"""Two tensors that hold the same value, the one as the other has it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import draws

from edgeconv.lowering import Counterpart, composed

SIZES = (2, 3, 5, 7)


def random_counterpart(data: st.DataObject, name: str, shape: tuple[int, ...]) -> Counterpart:
    """The value with its axes whole or the last one in two, permuted."""
    cut = data.draw(st.booleans())
    logical = (*shape[:-1], 2, shape[-1] // 2) if cut else shape
    order = data.draw(st.permutations(range(len(logical))))
    pieces = tuple(logical[axis] for axis in order)
    return Counterpart("value", name, shape, pieces, tuple(int(i) for i in np.argsort(order)))


@draws(40)
@given(st.data())
def test_the_second_tensor_comes_out_as_the_first(data: st.DataObject) -> None:
    shape = (*data.draw(st.permutations(SIZES)), 6)
    value = np.arange(np.prod(shape)).reshape(shape)
    first, second = (random_counterpart(data, name, shape) for name in ("a", "b"))
    tensors = []
    for c in (first, second):
        in_logical_order = value.reshape([c.pieces[place] for place in c.back])
        tensors.append(in_logical_order.transpose(np.argsort(c.back)))
        assert np.array_equal(c.logical(tensors[-1]), value)
    physical = (2, -(-value.size // 2))
    found = composed(first, second, physical)
    assert found is not None
    assert (found.name, found.tensor) == ("a", "b")
    assert np.array_equal(found.logical(tensors[1]), tensors[0].reshape(physical))


def test_axes_cut_in_pieces_that_do_not_match_have_no_common_form() -> None:
    first = Counterpart("value", "a", (6,), (2, 3), (0, 1))
    second = Counterpart("value", "b", (6,), (3, 2), (0, 1))
    assert composed(first, second, (6,)) is None
