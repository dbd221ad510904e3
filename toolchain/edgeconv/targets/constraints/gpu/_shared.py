"""Sources of the GPU delegate's constraints."""

PAGE = "https://www.tensorflow.org/lite/performance/gpu"
