"""The cheapest source that takes the whole road: an .onnx file of one Conv3d, and samples. No torch, no video."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CLIP = (1, 3, 4, 12, 10)


def small(folder: Path) -> tuple[str | Path, ...]:
    """Make the files; returns the arguments of an export of them, all but --out."""
    random = np.random.default_rng(7)
    weights = {"kernel": (4, 3, 3, 3, 3), "matrix": (5, 4), "bias": (5,)}
    value, real = helper.make_tensor_value_info, TensorProto.FLOAT
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["clip", "kernel"], ["features"], pads=[1] * 6),
            helper.make_node("Relu", ["features"], ["active"]),
            helper.make_node("GlobalAveragePool", ["active"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["flat"]),
            helper.make_node("Gemm", ["flat", "matrix", "bias"], ["logits"], transB=1),
        ],
        "small",
        [value("clip", real, CLIP)],
        [value("logits", real, (1, 5))],
        [numpy_helper.from_array(random.normal(size=s).astype(np.float32), n) for n, s in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "small.onnx")
    (folder / "samples").mkdir()
    for number in range(8):
        np.savez(folder / "samples" / f"{number}.npz", clip=random.normal(size=CLIP).astype(np.float32))
    return ("export", folder / "small.onnx", "--target", "tflite", "--calibration", folder / "samples")
