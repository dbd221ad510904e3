"""Child process: small models from TensorFlow's converter. Usage: python targets_models.py FOLDER."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

X = (1, 8, 8, 4)


def weights(*shape: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).normal(size=shape).astype(np.float32) * 0.2)


def conv(x: tf.Tensor) -> tf.Tensor:
    return tf.nn.bias_add(tf.nn.conv2d(x, weights(3, 3, x.shape[-1], 8), 1, "SAME"), weights(8))


def average(x: tf.Tensor, window: int = 2) -> tf.Tensor:
    return tf.nn.avg_pool2d(x, window, window, "VALID")


def branches(x: tf.Tensor) -> tf.Tensor:
    x = conv(x)
    return conv(tf.concat([conv(x), conv(tf.nn.avg_pool2d(x, 3, 1, "SAME"))], 3))


def taps(x: tf.Tensor) -> tf.Tensor:
    """The strip form of a stride: view, unit slice, view."""
    return tf.reshape(tf.reshape(conv(x), (4, 2, 8, 8))[:, 0:1], (1, 4, 8, 8))


MODELS: dict[str, Callable[..., tf.Tensor]] = {
    "conv": conv,
    "conv_conv": lambda x: conv(conv(x)),
    "conv_avg_conv": lambda x: conv(average(conv(x))),
    "two_averages": lambda x: conv(average(conv(average(conv(x))))),
    "branches": branches,
    "stride_2": lambda x: conv(conv(x)[:, ::2]),
    "strip_stride_2": lambda x: conv(taps(x)),
    "unit_slice": lambda x: conv(conv(x)[:, 1:5]),
    "shrunk_axis": lambda x: conv(x)[:, 3],
    "head": lambda x: tf.matmul(tf.reduce_mean(conv(x), (1, 2)), weights(8, 10)) + weights(10),
    "softmax": lambda x: tf.nn.softmax(tf.matmul(tf.reduce_mean(conv(x), (1, 2)), weights(8, 10))),
    "concat_5": lambda x: tf.concat([conv(x)] * 4 + [conv(x) * 2.0], 1),
    "concat_6": lambda x: tf.concat([conv(x)] * 5 + [conv(x) * 2.0], 1),
    "residual": lambda x: tf.nn.relu(conv(conv(x)) + conv(x)),
    "lone_relu": lambda x: conv(tf.nn.relu(tf.concat([conv(x), conv(x) + 1.0], 3))),
    "max_pool": lambda x: conv(tf.nn.max_pool2d(conv(x), 2, 2, "VALID")),
    "hard_swish": lambda x: conv(conv(x) * tf.nn.relu6(conv(x) + 3.0) / 6.0),
    "transpose": lambda x: tf.transpose(conv(x), [0, 3, 1, 2]),
    "gate": lambda x: conv(x) * tf.sigmoid(tf.reduce_mean(conv(x), (1, 2), keepdims=True)),
}


def convert(function: Callable[..., tf.Tensor], *, int8: bool) -> bytes:
    graph = tf.function(function, input_signature=[tf.TensorSpec(X, tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph.get_concrete_function()], tf.Module())
    if int8:
        rng = np.random.default_rng(1)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([rng.normal(size=X).astype(np.float32)] for _ in range(2))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, function in MODELS.items():
        (folder / f"{name}.tflite").write_bytes(convert(function, int8=True))
    for name in ("conv_avg_conv", "stride_2", "softmax"):
        (folder / f"{name}.float.tflite").write_bytes(convert(MODELS[name], int8=False))
