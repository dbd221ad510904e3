"""One operator family per file: how it is emitted in NHWC, which version it needs, how it is quantized.

Operator versions are those of the TFLite schema; all are within what tflite-runtime 2.14 registers.
"""
