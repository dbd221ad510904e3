"""Small video networks by hand, all of stride 1 in time, their two lowered forms as functions, and changed cases."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import onnx
from lowering_cases import Array, Lowered, Node, Weights, lower_onnx, lower_tflite, model, node, single
from onnx import helper, numpy_helper

FORMS: dict[str, Callable[..., Lowered]] = {"onnx": lower_onnx, "tflite": lower_tflite}
CHANNELS, FRAMES, SIZE = 3, 11, (8, 6)
CLIP = {"x": "NCTHW"}


@dataclass
class Net:
    """Grows from 'x' [N, 3, T, H, W]; every method appends one operator to the last value or to the one named."""

    nodes: list[Node] = field(default_factory=list)
    weights: dict[str, Array] = field(default_factory=dict)
    last: str = "x"
    channels: int = CHANNELS
    _numbers: Weights = field(default_factory=Weights)

    def op(self, kind: str, *more: str, of: str | None = None, **attributes: object) -> str:
        name = f"{kind}{len(self.nodes)}"
        self.nodes.append(node(kind, [self.last if of is None else of, *more], [name], **attributes))
        self.last = name
        return name

    def weight(self, *shape: int, low: float = -1.0) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = self._numbers(*shape, low=low)
        return name

    def conv(self, outputs: int, *kernel: int, stride: int = 1, time: int = 1, of: str | None = None, group: int = 1,
             inputs: int | None = None) -> str:  # fmt: skip
        """Padded so that stride 1 keeps the size; `time` dilates along T, `stride` is spatial."""
        inside = (inputs or self.channels) // group
        weights = self.weight(outputs, inside, *kernel), self.weight(outputs)
        self.channels = outputs
        pads = [time * (kernel[0] // 2), kernel[1] // 2, kernel[2] // 2]
        return self.op("Conv", *weights, of=of, pads=pads * 2, strides=[1, stride, stride], dilations=[time, 1, 1],
                       group=group)  # fmt: skip

    def batch_norm(self) -> str:
        c = self.channels
        return self.op("BatchNormalization", *(self.weight(c, low=0.5) for _ in range(4)))

    def model(self, batch: int, weights: Mapping[str, Array] | None = None) -> onnx.ModelProto:
        named = self.weights | dict(weights or {})
        return model(self.nodes, {"x": (batch, CHANNELS, FRAMES, *SIZE)}, [self.last], named)


def clip(batch: int = 2, frames: int = FRAMES) -> Array:
    return Weights(5).clip(batch, CHANNELS, frames, *SIZE)


def plain(net: Net) -> int:
    net.conv(5, 3, 3, 3)
    net.op("Relu")
    net.conv(4, 5, 1, 1)
    return 3


def residual(net: Net) -> int:
    first = net.conv(5, 1, 3, 3)
    net.conv(5, 3, 3, 3)
    net.batch_norm()
    net.op("Relu")
    net.conv(5, 3, 1, 1)
    net.op("Add", first)
    net.op("Relu")
    return 2


def factored(net: Net) -> int:
    net.conv(5, 1, 3, 3, stride=2)
    net.op("PRelu", net.weight(5, 1, 1, 1))
    net.conv(4, 3, 1, 1, time=2)
    net.op("LeakyRelu", alpha=0.3)
    return 2


def inception(net: Net) -> int:
    branches = [net.conv(4, 1, 1, 1, of="x", inputs=3), net.conv(5, 3, 3, 3, of="x", inputs=3)]
    pooled = net.op("MaxPool", of="x", kernel_shape=[3, 3, 3], pads=[1] * 6)
    net.op("Concat", branches[1], pooled, of=branches[0], axis=1)
    net.channels = 12
    net.conv(4, 3, 3, 1)
    return 2


def depthwise(net: Net) -> int:
    net.conv(9, 5, 3, 3, group=3)
    gate = net.op("Sigmoid")
    net.op("Mul", gate, of=net.nodes[0].output[0])
    net.conv(9, 3, 1, 3, group=9)
    net.conv(4, 1, 1, 1)
    return 3


def averaged(net: Net) -> int:
    net.op("AveragePool", kernel_shape=[3, 3, 2], pads=[1, 1, 0, 1, 1, 1])
    net.conv(5, 3, 3, 3)
    net.op("LeakyRelu", alpha=0.2)
    net.op("AveragePool", kernel_shape=[3, 1, 1], pads=[1, 0, 0, 1, 0, 0], count_include_pad=1)
    return 3


def unet(net: Net) -> int:
    skip = net.conv(5, 3, 3, 3)
    net.conv(7, 3, 3, 3, stride=2)
    net.op("Relu")
    weights = net.weight(7, 4, 3, 2, 2), net.weight(4)
    net.op("ConvTranspose", *weights, strides=[1, 2, 2], pads=[1, 0, 0, 1, 0, 0])
    net.op("Concat", skip, axis=1)
    net.channels = 9
    net.conv(4, 1, 3, 3)
    return 3


NETS: dict[str, Callable[[Net], int]] = {
    f.__name__: f for f in (plain, residual, factored, inception, depthwise, averaged, unet)
}
"""Each appends its operators and returns how many frames to either side it sees."""


def build(name: str) -> tuple[Net, int]:
    net = Net()
    return net, NETS[name](net)


Case = tuple[onnx.ModelProto, dict[str, Array]]
PER_AXIS = ("kernel_shape", "strides", "dilations", "pads", "output_padding")


def turned(case: Case, order: Sequence[int]) -> Case:
    """The same single operator with its spatial axes in another order: clip, weight and geometry alike."""
    made, feeds = case
    (operator,) = made.graph.node
    perm = (0, 1, *(2 + i for i in order))
    given = {a.name: helper.get_attribute_value(a) for a in operator.attribute}
    for name in PER_AXIS:
        values = given.get(name, [])
        given |= {name: [values[k + i] for k in range(0, len(values), 3) for i in order]} if values else {}
    weights = {t.name: numpy_helper.to_array(t) for t in made.graph.initializer}
    weights = {n: np.ascontiguousarray(a.transpose(perm)) if a.ndim == 5 else a for n, a in weights.items()}
    x = np.ascontiguousarray(feeds["x"].transpose(perm))
    return single(operator.op_type, x.shape, weights, **given)[0], {"x": x}


def padded_before(case: Case) -> Case:
    """A convolution whose zeros are already in the clip."""
    made, feeds = case
    (operator,) = made.graph.node
    given = {a.name: helper.get_attribute_value(a) for a in operator.attribute}
    pads = given.pop("pads")
    x = np.pad(feeds["x"], [(0, 0), (0, 0), *zip(pads[:3], pads[3:], strict=True)])
    weights = {t.name: numpy_helper.to_array(t) for t in made.graph.initializer}
    return single(operator.op_type, x.shape, weights, **given)[0], {"x": x}


def run(form: str, made: onnx.ModelProto, feeds: Mapping[str, Array]) -> Array:
    (out,) = FORMS[form](made, {n: np.ascontiguousarray(a) for n, a in feeds.items()}, CLIP).outputs
    return out
