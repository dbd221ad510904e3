"""Tensors are found in whatever forward gives, and named."""

from __future__ import annotations

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from edgeconv.core.errors import ModelError
from edgeconv.sources.outputs import named_tensors

A, B = torch.zeros(1, 5), torch.zeros(1, 2, 3, 4, 5)
Pair = namedtuple("Pair", "score mask")


@dataclass
class Found:
    score: torch.Tensor
    mask: torch.Tensor
    loss: None = None


@pytest.mark.parametrize(
    ("result", "names"),
    [
        (A, ["logits"]),
        (B, ["output"]),
        ([A], ["logits"]),
        ((A, B), ["output_0", "output_1"]),
        ((A, None, B), ["output_0", "output_2"]),
        ({"score": A, "mask": B}, ["score", "mask"]),
        ({"aux": [B, A], "main": A}, ["aux_0", "aux_1", "main"]),
        (Pair(A, B), ["score", "mask"]),
        (Found(A, B), ["score", "mask"]),
    ],
)
def test_names(result: Any, names: list[str]) -> None:
    assert list(named_tensors(result)) == names


def test_order_is_that_of_the_result() -> None:
    assert [t is A for t in named_tensors({"z": B, "a": A}).values()] == [False, True]


@pytest.mark.parametrize("result", [3, None, {}, {"loss": 1.0}])
def test_no_tensor_at_all(result: Any) -> None:
    with pytest.raises(ModelError, match="not a tensor"):
        named_tensors(result)
