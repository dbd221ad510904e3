"""ONNX files that cannot be exported."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLIP = (1, 3, 8, 32, 32)


def save(path: Path, nodes: list[onnx.NodeProto], clip: tuple[int | str, ...], out: tuple[int | str, ...]) -> Path:
    value, real = helper.make_tensor_value_info, TensorProto.FLOAT
    weight = numpy_helper.from_array(np.ones((4, 3, 3, 3, 3), np.float32), "weight")
    grid = numpy_helper.from_array(np.zeros((1, 8, 32, 32, 3), np.float32), "grid")
    graph = helper.make_graph(nodes, "g", [value("clip", real, clip)], [value("out", real, out)], [weight, grid])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.save(model, path)
    return path


def conv(out: str = "out") -> onnx.NodeProto:
    return helper.make_node("Conv", ["clip", "weight"], [out], pads=[1] * 6)


def dynamic(path: Path) -> Path:
    return save(path, [conv()], ("batch", *CLIP[1:]), ("batch", 4, *CLIP[2:]))


def refused(path: Path) -> Path:
    """Two operators without a rule: both must be told."""
    nodes = [
        conv("features"),
        helper.make_node("GridSample", ["features", "grid"], ["warped"]),
        helper.make_node("Det", ["warped"], ["out"]),
    ]
    return save(path, nodes, CLIP, (1, 4, 8))
