"""Random small networks: branches, sums, concats, pools, norms, pads, slices, squeeze-and-excite, reshape heads."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from hypothesis import given
from hypothesis import strategies as st
from lowering_cases import Array, Node, Weights, check_both, check_onnx, check_tflite, draws, model, node

CLIP = {"x": "NCTHW"}
Shape = tuple[int, ...]


class Network:
    """Grows node by node; `shapes` knows every clip [N, C, T, H, W] so far."""

    def __init__(self, draw: st.DrawFn, shape: Shape) -> None:
        self.draw, self.w = draw, Weights(draw(st.integers(0, 5)))
        self.nodes: list[Node] = []
        self.weights: dict[str, Array] = {}
        self.start = shape
        self.shapes: dict[str, Shape] = {"x": shape}

    def weight(self, *shape: int, **bounds: float) -> str:
        """Scaled so that activations keep their size: a saturated sigmoid tells two kernels apart, not two graphs."""
        name = f"w{len(self.weights)}"
        fan_in = np.prod(shape[1:]) if len(shape) != 2 else shape[0]
        self.weights[name] = self.w(*shape, **bounds) * np.float32(1 if bounds else 1.5 / np.sqrt(fan_in))
        return name

    def integers(self, *values: int) -> str:
        name = f"w{len(self.weights)}"
        self.weights[name] = np.array(values)
        return name

    def add(self, op: str, inputs: list[str], shape: Shape, **attributes: Any) -> str:
        name = f"t{len(self.nodes)}"
        self.nodes.append(node(op, inputs, [name], **attributes))
        if len(shape) == 5:
            self.shapes[name] = shape
        return name

    def pick(self, like: Shape | None = None, but: int | None = None) -> str:
        """Some tensor; with `like`, one of this shape but for one axis."""
        fits = [
            name for name, shape in self.shapes.items()
            if like is None or all(a == b or i == but for i, (a, b) in enumerate(zip(shape, like, strict=True)))
        ]  # fmt: skip
        return fits[self.draw(st.integers(0, len(fits) - 1))]

    def conv(self, x: str) -> None:
        n, c, *sizes = self.shapes[x]
        kernel = [self.draw(st.sampled_from([k for k in (1, 3, 2) if k <= s + 2])) for s in sizes]
        pads = [k // 2 for k in kernel]
        strides = [self.draw(st.sampled_from([1, 1, 2])) if s > 2 else 1 for s in sizes]
        depthwise = self.draw(st.integers(0, 3)) == 0
        outputs = c if depthwise else self.draw(st.sampled_from([2, 3, 5]))
        out = [(s + 2 * p - k) // d + 1 for s, p, k, d in zip(sizes, pads, kernel, strides, strict=True)]
        given = [x, self.weight(outputs, 1 if depthwise else c, *kernel)]
        given += [self.weight(outputs)] if self.draw(st.booleans()) else []
        self.add("Conv", given, (n, outputs, *out), group=c if depthwise else 1, pads=pads * 2, strides=strides)

    def pool(self, x: str) -> None:
        n, c, *sizes = self.shapes[x]
        kernel = [self.draw(st.integers(1, min(2, s))) for s in sizes]
        op = self.draw(st.sampled_from(["MaxPool", "AveragePool"]))
        out = tuple((s - k) // k + 1 for s, k in zip(sizes, kernel, strict=True))
        self.add(op, [x], (n, c, *out), kernel_shape=kernel, strides=kernel)

    def norm(self, x: str) -> None:
        c = self.shapes[x][1]
        given = [self.weight(c), self.weight(c), self.weight(c), self.weight(c, low=0.5, high=2.0)]
        self.add("BatchNormalization", [x, *given], self.shapes[x])

    def activation(self, x: str) -> None:
        self.add(self.draw(st.sampled_from(["Relu", "Sigmoid", "HardSwish", "Tanh"])), [x], self.shapes[x])

    def residual(self, x: str) -> None:
        self.add(self.draw(st.sampled_from(["Add", "Mul", "Sub"])), [x, self.pick(self.shapes[x])], self.shapes[x])

    def concat(self, x: str) -> None:
        axis = self.draw(st.sampled_from([1, 1, 2]))
        others = [self.pick(self.shapes[x], axis) for _ in range(self.draw(st.integers(1, 2)))]
        size = sum(self.shapes[n][axis] for n in (x, *others))
        shape = tuple(size if i == axis else s for i, s in enumerate(self.shapes[x]))
        self.add("Concat", [x, *others], shape, axis=axis)

    def slice(self, x: str) -> None:
        axis = self.draw(st.integers(1, 4))
        size = self.shapes[x][axis]
        start, step = self.draw(st.integers(0, size - 1)), self.draw(st.sampled_from([1, 2]))
        shape = tuple(len(range(start, s, step)) if i == axis else s for i, s in enumerate(self.shapes[x]))
        self.add("Slice", [x, *(self.integers(v) for v in (start, size, axis, step))], shape)

    def pad(self, x: str) -> None:
        pads = [self.draw(st.integers(0, 1)) if i % 5 > 1 else 0 for i in range(10)]
        shape = tuple(s + pads[i] + pads[5 + i] for i, s in enumerate(self.shapes[x]))
        self.add("Pad", [x, self.integers(*pads)], shape)

    def excite(self, x: str) -> None:
        """The gate itself is never an output: where it saturates, two kernels differ by more than 1e-5 of its size."""
        c = self.shapes[x][1]
        gate = self.add("GlobalAveragePool", [x], ())
        gate = self.add("Conv", [gate, self.weight(c, c, 1, 1, 1)], ())
        gate = self.add("Sigmoid", [gate], ())
        self.add("Mul", [x, gate], self.shapes[x])

    def factorized(self, x: str) -> None:
        """The paper's block in ONNX: frames to timeline and back, by Reshape and Transpose."""
        n, c, t, h, w = self.shapes[x]
        y = self.add("Reshape", [x, self.integers(n, c, t, h * w)], (n, c, t, h * w))
        y = self.add("Conv", [y, self.weight(c, c, 3, 1)], (n, c, t, h * w), pads=[1, 0, 1, 0])
        self.add("Reshape", [y, self.integers(n, c, t, h, w)], (n, c, t, h, w))

    def head(self, x: str) -> str:
        n, c, *sizes = self.shapes[x]
        kind = self.draw(st.sampled_from(["flatten", "pool", "tokens", "none", "frames"]))
        if kind == "none":
            return x
        if kind == "frames":  # mean over space, then over time, as two-stage networks do
            t = sizes[0]
            x = self.add("Transpose", [x], (), perm=[0, 2, 1, 3, 4])
            x = self.add("Reshape", [x, self.integers(n * t, c, *sizes[1:])], ())
            x = self.add("GlobalAveragePool", [x], ())
            x = self.add("Reshape", [x, self.integers(n, t, c)], ())
            x = self.add("ReduceMean", [x, self.integers(1)], (), keepdims=0)
            return self.add("Gemm", [x, self.weight(c, 4), self.weight(4)], ())
        if kind == "tokens":
            x = self.add("Transpose", [x], (), perm=[0, 2, 3, 4, 1])
            x = self.add("MatMul", [x, self.weight(c, 4)], ())
            return self.add("ReduceMean", [x, self.integers(1, 2, 3)], (), keepdims=0)
        features = c * int(np.prod(sizes))
        if kind == "pool":
            x, features = self.add("GlobalAveragePool", [x], ()), c
        x = self.add("Flatten", [x], ())
        x = self.add("Gemm", [x, self.weight(features, 4), self.weight(4)], ())
        return self.add("Softmax", [x], (), axis=-1)


@st.composite
def networks(draw: st.DrawFn) -> onnx.ModelProto:
    shape = (draw(st.integers(1, 2)), 3, *draw(st.sampled_from([(4, 5, 7), (5, 6, 8), (1, 6, 5), (8, 4, 3)])))
    net = Network(draw, shape)
    grow = [net.conv, net.conv, net.conv, net.pool, net.norm, net.activation, net.activation, net.residual,
            net.residual, net.concat, net.slice, net.pad, net.excite, net.factorized]  # fmt: skip
    for _ in range(draw(st.integers(3, 12))):
        last = list(net.shapes)[-1] if draw(st.integers(0, 2)) else net.pick()
        grow[draw(st.integers(0, len(grow) - 1))](last)
    outputs = [net.head(list(net.shapes)[-1])]
    spare = net.pick()
    if draw(st.booleans()) and spare not in ("x", *outputs):
        outputs.append(spare)
    if outputs == ["x"]:
        outputs = [net.add("Relu", ["x"], shape)]
    return model(net.nodes, {"x": shape}, outputs, net.weights)


def feeds(made: onnx.ModelProto) -> dict[str, Array]:
    return {i.name: Weights(9).clip(*(d.dim_value for d in i.type.tensor_type.shape.dim)) for i in made.graph.input}


@draws(120)
@given(networks())
def test_random_networks(made: onnx.ModelProto) -> None:
    check_both(made, feeds(made), CLIP)


@draws(25)
@given(networks())
def test_random_networks_under_the_delegate(made: onnx.ModelProto) -> None:
    check_tflite(made, feeds(made), CLIP, delegate=True)


def test_a_small_r3d_moves_no_data_in_either_form() -> None:
    """Residual blocks with strides in space and time, projection shortcuts, global pool and classifier."""
    w = Weights(1)
    nodes, weights = [], {}

    def conv(source: str, target: str, inputs: int, outputs: int, kernel: int, stride: int) -> None:
        weights[f"{target}.w"], weights[f"{target}.b"] = w(outputs, inputs, *[kernel] * 3), w(outputs)
        nodes.append(node("Conv", [source, f"{target}.w", f"{target}.b"], [target],
                          pads=[kernel // 2] * 6, strides=[stride] * 3))  # fmt: skip

    conv("x", "stem", 3, 4, 3, 1)
    source, channels = "stem", 4
    for i, outputs in enumerate((5, 7)):
        nodes.append(node("Relu", [source], [f"in{i}"]))
        conv(f"in{i}", f"a{i}", channels, outputs, 3, 2)
        nodes.append(node("Relu", [f"a{i}"], [f"r{i}"]))
        conv(f"r{i}", f"b{i}", outputs, outputs, 3, 1)
        conv(f"in{i}", f"s{i}", channels, outputs, 1, 2)
        nodes.append(node("Add", [f"b{i}", f"s{i}"], [f"out{i}"]))
        source, channels = f"out{i}", outputs
    weights |= {"fc.w": w(6, 7), "fc.b": w(6)}
    nodes += [node("GlobalAveragePool", [source], ["pool"]), node("Flatten", ["pool"], ["flat"]),
              node("Gemm", ["flat", "fc.w", "fc.b"], ["y"], transB=1)]  # fmt: skip
    for shape in ((1, 3, 8, 10, 9), (2, 3, 4, 9, 7)):  # with T = 4 the last blocks see one frame
        made = model(nodes, {"x": shape}, ["y"], weights)
        for lowered in check_both(made, {"x": w.clip(*shape)}, CLIP):
            assert lowered.moves == 0


def test_whole_network_in_double_precision() -> None:
    w = Weights(1, "float64")
    weights = {
        "w": w(5, 3, 3, 3, 3),
        "s": w(5),
        "b": w(5),
        "m": w(5),
        "v": w(5, low=0.5, high=2.0),
        "d": w(5, 4),
        "e": w(4),
    }
    nodes = [
        node("Conv", ["x", "w"], ["c"], pads=[1, 1, 0, 1, 0, 1]),
        node("Relu", ["c"], ["r"]),
        node("BatchNormalization", ["r", "s", "b", "m", "v"], ["n"]),
        node("Clip", ["n", "", "hi"], ["k"]),
        node("AveragePool", ["k"], ["p"], kernel_shape=[2, 2, 2], pads=[1, 0, 1, 0, 0, 0], count_include_pad=1),
        node("Pad", ["p", "pads", "fill"], ["q"]),
        node("ReduceMax", ["q", "space"], ["g"]),
        node("Flatten", ["g"], ["f"]),
        node("Gemm", ["f", "d", "e"], ["y"]),
    ]
    weights |= {
        "space": np.array([2, 3, 4]),
        "hi": np.array(1.7),
        "pads": np.array([0, 0, 1, 0, 0, 0, 0, 0, 2, 0]),
        "fill": np.array(0.3),
    }
    made = model(nodes, {"x": (2, 3, 4, 5, 7)}, ["y"], weights, dtype="float64")
    assert check_onnx(made, {"x": w.clip(2, 3, 4, 5, 7)}, CLIP).moves == 0
