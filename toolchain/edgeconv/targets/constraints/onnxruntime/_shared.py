"""Words that the constraints of ONNX Runtime share."""

MEASURED = "run on the x86-64 wheel of ONNX Runtime 1.32"
