"""Who has a 3D convolution and who has not: devices beyond the targets, each with the source of the statement."""

from __future__ import annotations

_ROWS = (
    ("TFLite kernels (tflite-runtime 2.14)", "float32 only", "up to 5–6 by op", "measured"),
    ("XNNPACK (LiteRT 2.3)", "no", "up to 6", "https://github.com/google/XNNPACK/issues/1315"),
    ("TFLite GPU delegate", "no", "no", "https://github.com/google-ai-edge/LiteRT/issues/2573"),
    ("NNAPI delegate", "no", "no", "https://github.com/tensorflow/tensorflow/issues/47546"),
    ("TFLite CoreML delegate", "no", "unknown", "https://www.tensorflow.org/lite/performance/coreml_delegate"),
    ("Coral Edge TPU", "no", "only 3 inner dimensions above 1", "https://coral.ai/docs/edgetpu/models-intro/"),
    ("Ethos-U55, U65 with Vela 4", "no", "no", "measured with Vela 4.2, 4.5"),
    ("Ethos-U with Vela 5", "no", "most ops", "measured with Vela 5.0, 5.2"),
    ("ONNX Runtime CPU", "yes, int8 too", "yes", "measured with 1.32"),
    ("ONNX Runtime WebGPU", "yes, without groups", "yes", "https://github.com/microsoft/onnxruntime/pull/27917"),
    ("ONNX Runtime WebNN", "no", "no", "https://github.com/microsoft/onnxruntime/pull/20253"),
    ("ONNX Runtime CoreML", "no", "unknown", "https://github.com/microsoft/onnxruntime/issues/28580"),
    ("ONNX Runtime QNN", "yes", "yes", "https://github.com/microsoft/onnxruntime/issues/20532"),
    ("Rockchip RKNN (toolkit2 2.3)", "no", "no", "https://github.com/airockchip/rknn-toolkit2/issues/235"),
    ("TI TIDL", "no", "unknown", "https://github.com/TexasInstruments/edgeai-tidl-tools/issues/47"),
    (
        "NXP Neutron (ExecuTorch)",
        "no",
        "unknown",
        "https://docs.pytorch.org/executorch/stable/_sources/backends/nxp/nxp-quantization.md.txt",
    ),
    ("OpenVINO", "yes", "yes", "https://github.com/openvinotoolkit/openvino/pull/31734"),
    ("TensorRT", "yes", "yes", "https://github.com/NVIDIA/TensorRT/issues/1176"),
    ("Hailo", "unknown", "unknown", "no text seen"),
)


def no_conv3d_table() -> str:
    """The rows as a section of Markdown."""
    lines = ["## Who has a Conv3d", "", "| device or runtime | Conv3d | 5D tensors | source |", "|---|---|---|---|"]
    for name, conv3d, deep, source in _ROWS:
        lines.append(f"| {name} | {conv3d} | {deep} | {f'<{source}>' if source.startswith('http') else source} |")
    return "\n".join(lines)
