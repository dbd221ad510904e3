"""Small ONNX models, sound but for what a case spoils."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper, numpy_helper

Size = int | str
Array = npt.NDArray[Any]
CLIP = (2, 3, 4, 6, 10)
node = helper.make_node
info = helper.make_tensor_value_info


def ones(*shape: int, dtype: str = "float32") -> Array:
    return np.linspace(0.1, 1.0, int(np.prod(shape)), dtype=dtype).reshape(shape)


def ints(*values: int) -> Array:
    return np.array(values, np.int64)


def graph(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Sequence[Size]],
    outputs: Sequence[str],
    weights: Mapping[str, Array] | None = None,
    *,
    opset: int = 20,
    kinds: Mapping[str, int] | None = None,
) -> onnx.ModelProto:
    """A model as it is written here: nothing is inferred or checked. `kinds` are ONNX types other than float."""
    of = dict.fromkeys((*inputs, *outputs), TensorProto.FLOAT) | dict(kinds or {})
    made = helper.make_graph(
        list(nodes),
        "case",
        [info(n, of[n], list(s)) for n, s in inputs.items()],
        [info(n, of[n], None) for n in outputs],
        [numpy_helper.from_array(a, n) for n, a in (weights or {}).items()],
    )
    domains = {"": opset} | {n.domain: 1 for n in nodes if n.domain}
    return helper.make_model(made, opset_imports=[helper.make_opsetid(*d) for d in domains.items()], ir_version=9)


def stem(out: str = "stem", source: str = "clip") -> onnx.NodeProto:
    return node("Conv", [source, "kernel"], [out], pads=[1] * 6)


KERNEL = {"kernel": ones(8, 3, 3, 3, 3)}
STEM = (2, 8, 4, 6, 10)


def behind_stem(
    *nodes: onnx.NodeProto, weights: Mapping[str, Array] | None = None, outputs: Sequence[str] = ("y",), **more: Any
) -> Callable[[], onnx.ModelProto]:
    """clip [2, 3, 4, 6, 10] → convolution → 'stem' [2, 8, 4, 6, 10] → these nodes → 'y'."""
    return lambda: graph([stem(), *nodes], {"clip": CLIP}, outputs, {**KERNEL, **(weights or {})}, **more)


def plain(clip: Sequence[Size] = CLIP) -> onnx.ModelProto:
    """One convolution, nothing wrong with it."""
    return graph([stem("y")], {"clip": clip}, ["y"], KERNEL)


def spoiled(change: Callable[[onnx.ModelProto], object]) -> Callable[[], onnx.ModelProto]:
    """The plain model after a change in place."""

    def make() -> onnx.ModelProto:
        made = plain()
        change(made)
        return made

    return make


def samples(folder: Path, made: onnx.ModelProto, count: int = 3) -> None:
    """Ready samples for every input of static shape: no video is made or read."""
    folder.mkdir()
    weights = {t.name for t in made.graph.initializer}
    draw = np.random.default_rng(0)
    for number in range(count):
        arrays = {
            v.name: draw.normal(size=[max(1, d.dim_value) for d in v.type.tensor_type.shape.dim]).astype(
                helper.tensor_dtype_to_np_dtype(v.type.tensor_type.elem_type)
            )
            for v in made.graph.input
            if v.name not in weights
        }
        np.savez(folder / f"{number}.npz", **arrays)
