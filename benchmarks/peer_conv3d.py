"""The peer for any video CNN: TensorFlow's converter on the same network in NDHWC, as a person would rebuild it.

    python benchmarks/peer_conv3d.py FOLDER OUT.tflite

reads the folder's original.onnx and its recorded inputs and outputs, and writes float32 TFLite with CONV_3D. TFLite has
no 3D pools: they become a spatial and a temporal 2D pool, as in our own lowering. What TensorFlow cannot hold at all
(grouped Conv3D) ends the program with the reason.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeconv import lowering
from edgeconv.lowering.graph import SourceNode

Array = NDArray[Any]
TOLERANCE = 1e-4
"""Of the output's scale: both are float32, and TFLite sums in another order."""


class Unsupported(Exception):
    """TensorFlow has no such operator, or none that its converter takes."""


def convert(folder: Path, made: Path) -> str | None:
    """Write the peer's file in a process of its own; the reason where it cannot be made."""
    if made.is_file() and made.stat().st_mtime > (folder / "original.onnx").stat().st_mtime:
        return None
    done = subprocess.run([sys.executable, __file__, str(folder), str(made)], capture_output=True, text=True)
    if done.returncode == 3:
        return done.stdout.strip().splitlines()[-1].strip().removeprefix("Unsupported: ")
    if done.returncode:
        raise RuntimeError(f"the peer of {folder.name} failed: {done.stderr[-1000:]}")
    return None


@dataclass(frozen=True)
class Laid:
    """A TensorFlow tensor and the logical axes of its dimensions, in memory order."""

    tensor: Any
    axes: tuple[int, ...]

    def in_order(self, axes: Sequence[int]) -> Any:
        """The tensor with its dimensions in this order of logical axes."""
        import tensorflow as tf

        if tuple(axes) == self.axes:
            return self.tensor
        return tf.transpose(self.tensor, [self.axes.index(a) for a in axes])

    @property
    def logical(self) -> Any:
        return self.in_order(range(len(self.axes)))

    @property
    def last(self) -> Any:
        """Channels last."""
        return self.in_order(_channels_last(len(self.axes)))


def _channels_last(rank: int) -> tuple[int, ...]:
    return 0, *range(2, rank), 1


class Network:
    """An ONNX video CNN as a TensorFlow function of clips [N, T, H, W, C]."""

    def __init__(self, onnx: Path) -> None:
        self._graph = lowering.load_graph(onnx)
        lowering.fold_batch_norms(self._graph)

    def __call__(self, *clips: Any) -> Any:
        values = {n: Laid(c, (0, 2, 3, 4, 1)) for n, c in zip(self._graph.inputs, clips, strict=True)}
        for node in self._graph.nodes:
            rule = _RULES.get(node.op)
            if rule is None:
                raise Unsupported(f"there is no {node.op} in this peer")
            values[node.outputs[0]] = rule(_Node(node, values, self._graph.constants))
        return values[self._graph.outputs[0]].logical

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of the inputs, channels last."""
        return [(s[0], *s[2:], s[1]) for s in self._graph.inputs.values()]


@dataclass(frozen=True)
class _Node:
    node: SourceNode
    values: Mapping[str, Laid]
    constants: Mapping[str, Array]

    def get(self, name: str, default: Any = None) -> Any:
        return self.node.attributes.get(name, default)

    def constant(self, index: int) -> Array | None:
        inputs = self.node.inputs
        return self.constants.get(inputs[index]) if index < len(inputs) else None

    def x(self, index: int = 0) -> Laid:
        name = self.node.inputs[index]
        if name in self.values:
            return self.values[name]
        array = self.constants[name]
        return Laid(array, tuple(range(array.ndim)))


def _conv(n: _Node) -> Laid:
    import tensorflow as tf

    x, weight, bias = n.x(), n.constant(1), n.constant(2)
    assert weight is not None
    rank = weight.ndim - 2
    if n.get("group", 1) != 1:
        raise Unsupported("TensorFlow has no grouped Conv3D on a CPU, and TFLite's CONV_3D has no groups")
    pads, strides = n.get("pads", [0] * 2 * rank), n.get("strides", [1] * rank)
    kernel = weight.shape[2:]
    same = all(s == 1 for s in strides) and all(
        2 * a == 2 * b == k - 1 for a, b, k in zip(pads[:rank], pads[rank:], kernel, strict=True)
    )
    given = x.last if same or not any(pads) else tf.pad(x.last, _spatial(pads, rank))
    filters = np.moveaxis(weight, (0, 1), (-1, -2))
    convolve = tf.nn.conv2d if rank == 2 else tf.nn.conv3d
    dilations = [1, *n.get("dilations", [1] * rank), 1]
    y = convolve(given, filters, [1, *strides, 1], "SAME" if same else "VALID", dilations=dilations)
    return Laid(y if bias is None else y + bias, _channels_last(rank + 2))


def _spatial(pads: Sequence[int], rank: int) -> list[list[int]]:
    return [[0, 0], *([pads[i], pads[rank + i]] for i in range(rank)), [0, 0]]


def _pool(n: _Node) -> Laid:
    """Spatial, then temporal: TFLite has no 3D pool."""
    import tensorflow as tf

    pool = tf.nn.max_pool2d if n.node.op == "MaxPool" else tf.nn.avg_pool2d
    x, kernel = n.x().last, n.get("kernel_shape")
    rank = len(kernel)
    pads, strides = n.get("pads", [0] * 2 * rank), n.get("strides", [1] * rank)
    largest, counted = n.node.op == "MaxPool", pads if n.get("count_include_pad", 0) else [0] * 2 * rank
    if n.get("ceil_mode", 0):
        pads = _ceiled(x.shape[1:-1], kernel, strides, pads)
    if not largest and list(pads) != list(counted):
        raise Unsupported("an average pool that does not count its pads is not in this peer")
    if any(pads):
        x = tf.pad(x, _spatial(pads, rank), constant_values=np.float32(-3.4e38 if largest else 0))
    if rank == 3:
        batch, time, height, width, channels = x.shape
        x = pool(tf.reshape(x, (batch * time, height, width, channels)), kernel[1:], strides[1:], "VALID")
        height, width = x.shape[1:3]
        x = pool(tf.reshape(x, (batch, time, height * width, channels)), (kernel[0], 1), (strides[0], 1), "VALID")
        x = tf.reshape(x, (batch, x.shape[1], height, width, channels))
    else:
        x = pool(x, kernel, strides, "VALID")
    return Laid(x, _channels_last(rank + 2))


def _ceiled(sizes: Sequence[int], kernel: Sequence[int], strides: Sequence[int], pads: Sequence[int]) -> list[int]:
    """Pads under which the last, partial window is a whole one."""
    rank = len(kernel)
    padded = [s + pads[i] + pads[rank + i] for i, s in enumerate(sizes)]
    short = [-(size - k) % s for size, k, s in zip(padded, kernel, strides, strict=True)]
    return [*pads[:rank], *(p + e for p, e in zip(pads[rank:], short, strict=True))]


def _mean(n: _Node) -> Laid:
    import tensorflow as tf

    x = n.x()
    rank = len(x.axes)
    given = n.constant(1)
    axes = range(2, rank) if n.node.op == "GlobalAveragePool" else (given if given is not None else n.get("axes"))
    gone = {int(a) % rank for a in axes}
    keep = n.node.op == "GlobalAveragePool" or bool(n.get("keepdims", 1))
    y = tf.reduce_mean(x.tensor, [i for i, a in enumerate(x.axes) if a in gone], keepdims=keep)
    if keep:
        return Laid(y, x.axes)
    left = sorted(set(range(rank)) - gone)
    return Laid(y, tuple(left.index(a) for a in x.axes if a not in gone))


def _binary(operation: str) -> Callable[[_Node], Laid]:
    def rule(n: _Node) -> Laid:
        import tensorflow as tf

        a, b = n.x(0), n.x(1)
        if len(a.axes) < len(b.axes):
            a, b = b, a
        missing = len(a.axes) - len(b.axes)
        wide = Laid(tf.reshape(b.logical, [1] * missing + list(b.logical.shape)), tuple(range(len(a.axes))))
        return Laid(getattr(tf, operation)(a.tensor, (wide if missing else b).in_order(a.axes)), a.axes)

    return rule


def _same(function: Callable[[Any], Any]) -> Callable[[_Node], Laid]:
    return lambda n: Laid(function(n.x().tensor), n.x().axes)


def _relu(x: Any) -> Any:
    import tensorflow as tf

    return tf.nn.relu(x)


def _concat(n: _Node) -> Laid:
    import tensorflow as tf

    parts = [n.x(i) for i in range(len(n.node.inputs))]
    axes = parts[0].axes
    return Laid(tf.concat([p.in_order(axes) for p in parts], axes.index(n.get("axis") % len(axes))), axes)


def _pad(n: _Node) -> Laid:
    import tensorflow as tf

    x, pads = n.x(), n.constant(1)
    if pads is None or n.get("mode", "constant") != "constant" or n.constant(3) is not None:
        raise Unsupported("this kind of Pad is not in this peer")
    rank = len(x.axes)
    return Laid(tf.pad(x.tensor, [[int(pads[a]), int(pads[rank + a])] for a in x.axes]), x.axes)


def _affine(n: _Node) -> Laid:
    gain, bias, mean, variance = (np.asarray(n.constant(i), np.float64) for i in range(1, 5))
    scale = gain / np.sqrt(variance + n.get("epsilon", 1e-5))
    y = n.x().last * scale.astype(np.float32) + (bias - mean * scale).astype(np.float32)
    return Laid(y, _channels_last(len(n.x().axes)))


def _transpose(n: _Node) -> Laid:
    return Laid(n.x().tensor, tuple(n.get("perm").index(a) for a in n.x().axes))


def _view(n: _Node) -> Laid:
    """Reshape, Flatten, Squeeze, Unsqueeze."""
    import tensorflow as tf

    given = n.x()
    x = given.logical
    shape = list(x.shape)
    axes = n.constant(1)
    if n.node.op == "Flatten":
        axis = n.get("axis", 1)
        new = [int(np.prod(shape[:axis])), int(np.prod(shape[axis:]))]
    elif n.node.op == "Squeeze":
        gone = {int(a) % len(shape) for a in axes} if axes is not None else {i for i, s in enumerate(shape) if s == 1}
        new = [s for i, s in enumerate(shape) if i not in gone]
    elif n.node.op == "Unsqueeze":
        assert axes is not None
        at = {int(a) % (len(shape) + len(axes)) for a in axes}
        rest = iter(shape)
        new = [1 if i in at else next(rest) for i in range(len(shape) + len(at))]
    else:
        assert axes is not None
        new = [shape[i] if s == 0 else int(s) for i, s in enumerate(axes)]
    if -1 in new:
        new[new.index(-1)] = int(np.prod(shape)) // -int(np.prod(new))
    if [shape[0] * shape[1], *shape[2:]] == new and given.axes[:2] == (0, 1):  # frames out of a clip
        merged = (0, *(a - 1 for a in given.axes[2:]))
        return Laid(tf.reshape(given.tensor, [new[a] for a in merged]), merged)
    if len(new) > 1 and [new[0] * new[1], *new[2:]] == shape and given.axes[0] == 0:  # a clip out of frames
        split = (0, 1, *(a + 1 for a in given.axes[1:]))
        return Laid(tf.reshape(given.tensor, [new[a] for a in split]), split)
    y = tf.reshape(x, new)
    return Laid(y, tuple(range(len(y.shape))))


def _dense(n: _Node) -> Laid:
    import tensorflow as tf

    x, weight, bias = n.x(), n.constant(1), n.constant(2)
    if weight is None or weight.ndim != 2 or n.get("transA", 0) or n.get("alpha", 1.0) != 1.0:
        raise Unsupported("a product of two computed tensors is not in this peer")
    given = x if x.axes[-1] == len(x.axes) - 1 else Laid(x.logical, tuple(range(len(x.axes))))
    y = tf.linalg.matmul(given.tensor, weight.T if n.get("transB", 0) else weight)
    return Laid(y if bias is None else y + bias, given.axes)


_RULES: dict[str, Callable[[_Node], Laid]] = {
    "Add": _binary("add"),
    "AveragePool": _pool,
    "BatchNormalization": _affine,
    "Concat": _concat,
    "Conv": _conv,
    "Flatten": _view,
    "Gemm": _dense,
    "GlobalAveragePool": _mean,
    "Identity": _same(lambda x: x),
    "MatMul": _dense,
    "MaxPool": _pool,
    "Mul": _binary("multiply"),
    "Pad": _pad,
    "ReduceMean": _mean,
    "Relu": _same(_relu),
    "Reshape": _view,
    "Squeeze": _view,
    "Transpose": _transpose,
    "Unsqueeze": _view,
}


def make(folder: Path, made: Path) -> None:
    """Build, check against the recorded outputs, convert.

    Raises:
        Unsupported: TensorFlow cannot hold the network.
        RuntimeError: what was built is another function.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory() as scratch:
        simple = Path(scratch) / "simple.onnx"
        lowering.simplify(folder / "original.onnx", simple, 1e-4)
        network = Network(simple)
    signature = [tf.TensorSpec(shape, tf.float32, f"clip{i}") for i, shape in enumerate(network.shapes)]
    function = tf.function(network.__call__, input_signature=signature).get_concrete_function()
    clips = [np.load(p, mmap_mode="r")[0] for p in sorted(folder.glob("input*.npy"))]
    got = function(*(tf.constant(np.ascontiguousarray(c.transpose(0, 2, 3, 4, 1))) for c in clips)).numpy()
    want = np.load(folder / "output0.npy")[0]
    error = float(np.abs(got - want).max() / np.abs(want).max())
    if not error < TOLERANCE:
        raise RuntimeError(f"the peer is off by {error:.1e} of the largest logit")
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_bytes(tf.lite.TFLiteConverter.from_concrete_functions([function]).convert())


if __name__ == "__main__":
    try:
        make(Path(sys.argv[1]), Path(sys.argv[2]))
    except Unsupported as reason:
        print(reason)
        sys.exit(3)
