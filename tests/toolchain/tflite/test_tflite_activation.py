"""Functions of one tensor, by operator or composed, against torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
import torch
from tflite_graphs import built, interpreter, kinds, numbers, run
from torch.nn import functional as F

from edgeconv.core.backend import UNARY
from edgeconv.core.errors import Refused
from edgeconv.tflite import write

SHAPE = (2, 3, 5, 4)
Function = Callable[[torch.Tensor], torch.Tensor]
MEANT: dict[str, Function] = {
    "Abs": torch.abs,
    "Ceil": torch.ceil,
    "Celu": F.celu,
    "Clip": lambda x: x.clip(-0.5, 0.7),
    "Cos": torch.cos,
    "Elu": F.elu,
    "Erf": torch.erf,
    "Exp": torch.exp,
    "Floor": torch.floor,
    "Gelu": F.gelu,
    "HardSigmoid": lambda x: (0.2 * x + 0.5).clip(0, 1),
    "HardSwish": F.hardswish,
    "LeakyRelu": F.leaky_relu,
    "Log": torch.log,
    "Mish": F.mish,
    "Neg": torch.neg,
    "Reciprocal": torch.reciprocal,
    "Relu": F.relu,
    "Round": torch.round,
    "Rsqrt": torch.rsqrt,
    "Selu": F.selu,
    "Sigmoid": torch.sigmoid,
    "Sign": torch.sign,
    "Sin": torch.sin,
    "Softplus": F.softplus,
    "Softsign": F.softsign,
    "Sqrt": torch.sqrt,
    "Swish": F.silu,
    "Tanh": torch.tanh,
    "ThresholdedRelu": lambda x: torch.where(x > 1, x, 0),
}
GIVEN: dict[str, dict[str, Any]] = {"Clip": {"min": -0.5, "max": 0.7}}
POSITIVE = ("Log", "Reciprocal", "Rsqrt", "Sqrt")
CUT = {"Sign": ["SIGN"], "ThresholdedRelu": ["GREATER", "SELECT_V2"]}
"""What XNNPACK does not take in float32."""
VARIANTS: list[tuple[str, Mapping[str, Any], Function]] = [
    ("LeakyRelu", {"alpha": 0.3}, lambda x: F.leaky_relu(x, 0.3)),
    ("Elu", {"alpha": 0.4}, lambda x: F.elu(x, 0.4)),
    ("Celu", {"alpha": 0.4}, lambda x: F.celu(x, 0.4)),
    ("Selu", {"alpha": 1.5, "gamma": 0.7}, lambda x: 0.7 * torch.where(x > 0, x, 1.5 * torch.expm1(x))),
    ("Gelu", {"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
    ("Gelu", {"approximate": b"tanh"}, lambda x: F.gelu(x, approximate="tanh")),
    ("Swish", {"alpha": 1.7}, lambda x: x * torch.sigmoid(1.7 * x)),
    ("HardSigmoid", {"alpha": 1 / 6}, F.hardsigmoid),
    ("HardSigmoid", {"alpha": 0.4, "beta": 0.0}, lambda x: (0.4 * x).clip(0, 1)),
    ("ThresholdedRelu", {"alpha": 0.3}, lambda x: torch.where(x > 0.3, x, 0)),
    ("Clip", {"min": 0.0, "max": 1.0}, lambda x: x.clip(0, 1)),
    ("Clip", {"min": -1.0, "max": 1.0}, lambda x: x.clip(-1, 1)),
    ("Clip", {"max": 0.2}, lambda x: x.clip(max=0.2)),
    ("Clip", {}, lambda x: x),
]


def check(op: str, attributes: Mapping[str, Any], function: Function, high: float = 3.0) -> list[str]:
    graph = built(lambda b, x: b.unary(op, x, attributes), SHAPE)
    x = numbers(*SHAPE, low=0.1 if op in POSITIVE else -high, high=high)
    meant = function(torch.from_numpy(x).double()).numpy()
    for delegate in (False, True):
        got = run(graph, x, delegate=delegate)[0]
        assert np.abs(got - meant).max() <= 1e-6 * max(1.0, np.abs(meant).max())
    return kinds(graph)


def test_every_function_of_the_vocabulary_is_here() -> None:
    assert set(MEANT) == set(UNARY)


@pytest.mark.parametrize("op", sorted(UNARY))
def test_by_default(op: str) -> None:
    made = check(op, GIVEN.get(op, {}), MEANT[op])
    graph = built(lambda b, x: b.unary(op, x, GIVEN.get(op, {})), SHAPE)
    plan = [d["op_name"] for d in interpreter(write(graph, "case"), delegate=True)._get_ops_details()]
    assert plan[len(made) :] == ([] if op in CUT else ["DELEGATE"])


@pytest.mark.parametrize(("op", "attributes", "function"), VARIANTS)
def test_with_attributes(op: str, attributes: Mapping[str, Any], function: Function) -> None:
    check(op, attributes, function)


@pytest.mark.parametrize("op", ["Erf", "Mish", "Selu", "Sigmoid", "Softplus", "Softsign", "Swish", "Tanh"])
def test_far_from_zero(op: str) -> None:
    check(op, {}, MEANT[op], high=200.0)


@pytest.mark.parametrize("op", ["Erf", "Softsign", "Sign", "Mish", "Gelu"])
def test_at_zero(op: str) -> None:
    graph = built(lambda b, x: b.unary(op, x, {}), (1, 2))
    assert np.abs(run(graph, np.zeros((1, 2), np.float32))[0]).max() <= 1e-8


def test_constants_of_nothing_are_left_out() -> None:
    assert check("HardSigmoid", {"alpha": 1 / 6}, F.hardsigmoid) == ["ADD", "RELU6", "MUL"]
    assert check("Swish", {"alpha": 1.0}, F.silu) == ["LOGISTIC", "MUL"]
    assert check("Elu", {"alpha": 1.0}, F.elu) == ["ELU"]
    assert check("Clip", {"min": 0.0, "max": np.inf}, F.relu) == ["RELU"]


def test_what_is_not_of_the_vocabulary_is_refused() -> None:
    with pytest.raises(Refused, match="no TFLite form of Atan") as refused:
        built(lambda b, x: b.unary("Atan", x, {}), SHAPE)
    assert "4D ONNX" in refused.value.remedy
