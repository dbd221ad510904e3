"""A small residual video network by hand, lowered for real, and its lowered file spoilt on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from lowering_cases import OPSET, Array, Weights, model, node
from onnx import numpy_helper

from edgeconv.layerwise import LayersRequest, Verification
from edgeconv.layerwise.compare import compare
from edgeconv.steps.lower_file import LoweredFile, LowerFileRequest, lower_file

SHAPE = (2, 3, 6, 14, 10)
"""N C T H W, all distinct."""


def network() -> onnx.ModelProto:
    """Stem, BatchNorm to merge, residual block, a temporal convolution, pool, classifier."""
    w = Weights(3)
    norm = {f"n.{p}": w(8) for p in "sbm"} | {"n.v": w(8, low=0.5, high=2.0)}
    weights = {
        "k1": w(8, 3, 3, 5, 3) / 8,
        "k2": w(8, 8, 3, 3, 3) / 14,
        "b2": w(8),
        "k3": w(7, 8, 3, 1, 1) / 5,
        "k4": w(5, 7),
        **norm,
    }
    nodes = [
        node("Conv", ["x", "k1"], ["stem"], pads=[1, 2, 1, 1, 2, 1], strides=[1, 2, 2]),
        node("BatchNormalization", ["stem", "n.s", "n.b", "n.m", "n.v"], ["normed"]),
        node("Relu", ["normed"], ["relu"]),
        node("Conv", ["relu", "k2", "b2"], ["inner"], pads=[1] * 6),
        node("Add", ["inner", "relu"], ["sum"]),
        node("Conv", ["sum", "k3"], ["late"], pads=[1, 0, 0, 1, 0, 0]),
        node("MaxPool", ["late"], ["pooled"], kernel_shape=[2, 2, 2], strides=[2, 2, 2]),
        node("GlobalAveragePool", ["pooled"], ["mean"]),
        node("Flatten", ["mean"], ["flat"]),
        node("Gemm", ["flat", "k4"], ["logits"], transB=1),
    ]
    return model(nodes, {"x": SHAPE}, ["logits"], weights)


@dataclass(frozen=True)
class Pair:
    """Original and lowered on disk."""

    folder: Path
    done: LoweredFile

    def request(self, **changes: object) -> LayersRequest:
        return LayersRequest(
            original=self.folder / "original.onnx",
            lowered=self.folder / "lowered.onnx",
            delivered=self.folder / "lowered.onnx",
            counterparts=self.done.counterparts,
            merged=self.done.merged,
            inputs=self.done.inputs,
            outputs=self.done.outputs,
            threads=1,
        ).model_copy(update=changes)

    def compare(self, **changes: object) -> Verification:
        return compare(self.request(**changes))

    def spoil(self, change: Callable[[onnx.GraphProto], None]) -> None:
        made = onnx.load(self.folder / "lowered.onnx")
        change(made.graph)
        onnx.save(made, self.folder / "lowered.onnx")


def lowered(made: onnx.ModelProto, folder: Path, layouts: dict[str, str] | None = None) -> Pair:
    onnx.save(made, folder / "original.onnx")
    request = LowerFileRequest(
        source=folder / "original.onnx",
        target=folder / "lowered.onnx",
        opset=OPSET,
        layouts={"x": "NCTHW"} if layouts is None else layouts,
    )
    return Pair(folder, lower_file(request))


def maker(graph: onnx.GraphProto, op: str, scope: str) -> onnx.NodeProto:
    """The node of this kind that was made for a source value."""
    (found,) = (n for n in graph.node if n.op_type == op and n.name.startswith(f"{scope}/"))
    return found


def change_weight(graph: onnx.GraphProto, name: str, change: Callable[[Array], Array]) -> None:
    tensor = next(t for t in graph.initializer if t.name == name)
    changed = np.ascontiguousarray(change(numpy_helper.to_array(tensor)))
    tensor.CopyFrom(numpy_helper.from_array(changed, name))
