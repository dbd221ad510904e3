"""Inputs and weights of ONNX files that nothing can be fed to; and their near misses, which pass."""

from __future__ import annotations

import onnx
import pytest
from onnx import TensorProto, helper

from edgeconv.core.errors import ModelError
from edgeconv.sources.onnx_inputs import inputs_proper, refuse_inputs

CLIP = [1, 3, 4, 5, 7]


def made(*inputs: onnx.ValueInfoProto, weight: int = TensorProto.FLOAT) -> onnx.ModelProto:
    held = helper.make_tensor("w", weight, [1], [b"a"] if weight == TensorProto.STRING else [1])
    return helper.make_model(helper.make_graph([], "g", list(inputs), [], [held]))


def clip(
    kind: int = TensorProto.FLOAT, shape: list[int | str] | None = CLIP, name: str = "clip"
) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def sequence() -> onnx.ValueInfoProto:
    return helper.make_tensor_sequence_value_info("clip", TensorProto.FLOAT, CLIP)


def reasons(model: onnx.ModelProto) -> tuple[str, ...]:
    with pytest.raises(ModelError) as caught:
        refuse_inputs(model, "net.onnx")
    return caught.value.reasons


@pytest.mark.parametrize(
    ("model", "reason"),
    [
        (made(clip(TensorProto.STRING)), "input 'clip' holds strings"),
        (made(clip(TensorProto.BFLOAT16)), "input 'clip' holds bfloat16"),
        (made(clip(shape=None)), "input 'clip' has no shape, not even a rank"),
        (made(clip(shape=[2**16, 2**15])), "input 'clip' [65536, 32768] has 2^31 elements or more"),
        (made(sequence()), "input 'clip' is a sequence, not a tensor"),
        (made(clip(), weight=TensorProto.STRING), "weight 'w' holds strings"),
    ],
)
def test_what_no_clip_can_be(model: onnx.ModelProto, reason: str) -> None:
    assert reasons(model) == (reason,)


@pytest.mark.parametrize(
    "value",
    [clip(), clip(TensorProto.FLOAT16), clip(TensorProto.UINT8), clip(shape=["N", 3, "T", 5, 7]), clip(shape=[]),
     clip(shape=[2**16, 2**15 - 1])],
)  # fmt: skip
def test_near_misses_pass(value: onnx.ValueInfoProto) -> None:
    refuse_inputs(made(value), "net.onnx")


def test_every_reason_is_told() -> None:
    both = made(clip(TensorProto.STRING, None), clip(TensorProto.COMPLEX64, name="other"), weight=TensorProto.STRING)
    assert len(reasons(both)) == 4


def test_weights_among_the_inputs_are_none() -> None:
    """As old exporters list them; nothing else is no network."""
    assert [i.name for i in inputs_proper(made(clip(), clip(shape=[1], name="w")))] == ["clip"]
    with pytest.raises(ModelError, match="has no input"):
        refuse_inputs(made(clip(shape=[1], name="w")), "net.onnx")
