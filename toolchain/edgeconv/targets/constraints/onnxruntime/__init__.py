"""What the CPU provider of ONNX Runtime 1.32 was seen to run."""

from edgeconv.targets.constraints.onnxruntime.domain import domain
from edgeconv.targets.constraints.onnxruntime.opset import opset
from edgeconv.targets.constraints.onnxruntime.static_shapes import static_shapes
from edgeconv.targets.constraints.onnxruntime.tried import tried
from edgeconv.targets.constraints.onnxruntime.types import types

ONNXRUNTIME = (domain, opset, tried, types, static_shapes)
