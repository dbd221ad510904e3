"""Words that the constraints of tflite-runtime 2.14 share."""

MEASURED = "measured on the x86-64 wheel of tflite-runtime 2.14.0, one op per file"
