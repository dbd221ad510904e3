"""What a network takes: by examples, by attributes of the module, or by what the user gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import nn

from edgeconv.core.errors import UsageError
from edgeconv.sources.signature import Flat, Signature, read_signature
from edgeconv.sources.spec import SourceSpec

SLOW, FAST = (1, 3, 2, 8, 9), (1, 3, 8, 8, 9)


class Paths(nn.Module):
    """Takes a list, as pytorchvideo's SlowFast does."""

    def forward(self, paths: list[torch.Tensor]) -> torch.Tensor:
        return paths[0].sum((1, 2)) - 2 * paths[1].sum((1, 2))


class Apart(nn.Module):
    def forward(self, slow: torch.Tensor, fast: torch.Tensor, scale: float = 2.0) -> torch.Tensor:
        return slow.sum((1, 2)) - scale * fast.sum((1, 2))


def spec(**changes: Any) -> SourceSpec:
    return SourceSpec(text="n.py:f", kind="factory", location="n.py:f", **changes)


def read(
    network: nn.Module, examples: Any = None, attributes: Mapping[str, Any] | None = None, **changes: Any
) -> Signature:
    for name, value in (attributes or {}).items():
        setattr(network, name, value)
    return read_signature(spec(**changes), network, examples)


def told(signature: Signature) -> dict[str, tuple[tuple[int, ...], str]]:
    return {i.name: (i.shape, i.layout) for i in signature.inputs}


def works(network: nn.Module, signature: Signature) -> None:
    """Flat tensors reach their places: the result is what the network itself gives."""
    slow, fast = (torch.randn(i.shape) for i in signature.inputs)
    expected = network([slow, fast]) if isinstance(network, Paths) else network(slow, fast)
    (got,) = Flat(network, signature)(slow, fast)
    assert torch.equal(got, expected)


def test_one_input_is_called_clip() -> None:
    signature = read(nn.Identity(), attributes={"input_shape": FAST})
    assert told(signature) == {"clip": (FAST, "NCTHW")}
    assert signature.plain


@pytest.mark.parametrize(
    ("examples", "names"),
    [
        (([torch.zeros(SLOW), torch.zeros(FAST)],), ("paths_0", "paths_1")),
        ([torch.zeros(SLOW), torch.zeros(FAST)], ("paths_0", "paths_1")),
        ({"paths": [torch.zeros(SLOW), torch.zeros(FAST)]}, ("paths_0", "paths_1")),
    ],
)
def test_a_list_of_examples(examples: Any, names: tuple[str, ...]) -> None:
    signature = read(Paths(), examples)
    assert told(signature) == dict(zip(names, ((SLOW, "NCTHW"), (FAST, "NCTHW")), strict=True))
    assert not signature.plain
    works(Paths(), signature)


@pytest.mark.parametrize(
    "examples",
    [
        (torch.zeros(SLOW), torch.zeros(FAST)),
        {"slow": torch.zeros(SLOW), "fast": torch.zeros(FAST)},
        (torch.zeros(SLOW), torch.zeros(FAST), 2.0),
    ],
)
def test_several_arguments_go_by_the_names_of_forward(examples: Any) -> None:
    signature = read(Apart(), examples)
    assert list(told(signature)) == ["slow", "fast"]
    works(Apart(), signature)


@pytest.mark.parametrize("network", [Paths(), Apart()])
def test_shapes_by_name_are_passed_as_forward_takes_them(network: nn.Module) -> None:
    signature = read(network, attributes={"input_shapes": {"slow": SLOW, "fast": FAST}})
    assert told(signature) == {"slow": (SLOW, "NCTHW"), "fast": (FAST, "NCTHW")}
    works(network, signature)


def test_the_module_may_hold_examples() -> None:
    signature = read(Apart(), attributes={"example_inputs": (torch.zeros(SLOW), torch.zeros(FAST))})
    assert list(told(signature)) == ["slow", "fast"]
    assert signature.plain


def test_what_the_user_gives_goes_before_what_the_module_says() -> None:
    examples = (torch.zeros(SLOW), torch.zeros(FAST))
    other = (1, 3, 16, 8, 9)
    assert told(read(Apart(), examples, input_shapes={"fast": other}))["fast"] == (other, "NCTHW")
    assert told(read(Apart(), examples, input_shapes=(SLOW, other)))["fast"] == (other, "NCTHW")
    assert told(read(Apart(), None, input_shapes=(SLOW, FAST)))["fast"] == (FAST, "NCTHW")
    assert told(read(Apart(), examples, input_layouts=("NTHWC",)))["slow"] == (SLOW, "NTHWC")
    layouts = {"input_layouts": {"slow": "NTHWC"}}
    assert [layout for _, layout in told(read(Apart(), examples, layouts)).values()] == ["NTHWC", "NCTHW"]


def test_other_ranks_and_types_are_taken_as_they_are() -> None:
    signature = read(nn.Identity(), torch.zeros(3, 7, dtype=torch.int64))
    assert [(i.shape, i.layout, i.dtype) for i in signature.inputs] == [((3, 7), "", "int64")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input_shapes": (SLOW,)}, "given 1 time(s), but the network has 2 input(s)"),
        ({"input_shapes": {"fats": FAST}}, "no input 'fats'"),
        ({"input_layouts": {"fast": "NCHW"}}, "names 4 axes"),
        ({"input_layouts": ("NCTHW",) * 3}, "given 3 times"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(Apart(), (torch.zeros(SLOW), torch.zeros(FAST)), **changes)
    assert said in caught.value.message


def test_examples_without_a_tensor() -> None:
    with pytest.raises(UsageError, match="hold no tensor"):
        read(Apart(), {"slow": 3})
