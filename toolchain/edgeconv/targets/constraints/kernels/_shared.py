"""Words and helpers that the constraints of TFLite kernels share."""

MEASURED = "measured on the x86-64 wheels of tflite-runtime 2.14.0 and LiteRT 2.3.0"
