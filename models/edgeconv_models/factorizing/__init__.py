"""Factorise: the paper's block in place of the Conv3d of any network. Importing this does not import torch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import nn

    from edgeconv_models.factorizing.network import Factorized


def factorize(
    module: nn.Module,
    combine: Literal["add", "concat", "sequential"] = "add",
    init: Literal["svd", "slice", "random"] = "svd",
    layers: Iterable[str] | None = None,
    *,
    input_shape: tuple[int, ...] | None = None,
    seed: int = 0,
) -> Factorized:
    """A copy of ``module`` in which a spatial and a temporal Conv2d stand for each Conv3d (arXiv 2407.16514).

    Shapes stay as they are, and so do the names of all other weights; the weights of a replaced layer ``conv`` are
    called ``conv.spatial`` and ``conv.temporal``. A Conv3d whose kernel is spatial or temporal alone is kept: lowering
    makes one Conv2d of it without loss.

    Args:
        module: any network. It is not touched.
        combine: how the two convolutions go together, see :mod:`edgeconv_models.factorizing.blocks`.
        init: what they start from, see :mod:`edgeconv_models.factorizing.fitting`: ``"svd"``, the best least-squares
            fit of the kernel, ``"slice"``, its central plane, or ``"random"``.
        layers: names of the Conv3d to replace, ``*`` and ``?`` allowed; all where left out.
        input_shape: of the network's only input, to count MACs; left out, its own ``input_shape`` if it has one.
        seed: of ``init="random"``.

    Returns:
        The network and, per layer and as a whole, what it has lost and gained.

    Raises:
        ValueError: nothing to replace, with the reason for every Conv3d; an argument with an unknown value.
    """
    from edgeconv_models.factorizing.network import replace_convolutions

    return replace_convolutions(module, combine=combine, init=init, layers=layers, input_shape=input_shape, seed=seed)
