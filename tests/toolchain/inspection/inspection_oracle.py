"""Child process: make models with TensorFlow and tell what TensorFlow's own interpreter reads in them.

Usage: python inspection_oracle.py FOLDER. Writes FOLDER/NAME.tflite and FOLDER/NAME.json.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf


def weights(*shape: int) -> tf.Tensor:
    return tf.constant(np.random.default_rng(0).normal(size=shape).astype(np.float32) * 0.2)


def network(x: tf.Tensor) -> tf.Tensor:
    x = tf.nn.relu(tf.nn.bias_add(tf.nn.conv2d(x, weights(3, 3, 4, 8), 2, "SAME"), weights(8)))
    x = tf.nn.depthwise_conv2d(x, weights(3, 3, 8, 1), [1, 1, 1, 1], "VALID")
    x = tf.pad(x[:, ::2], [[0, 0], [1, 1], [0, 0], [0, 0]])
    return tf.matmul(tf.reduce_mean(x, (1, 2)), weights(8, 10))


def loop(x: tf.Tensor) -> tf.Tensor:
    return tf.while_loop(lambda i, _: i < 3, lambda i, y: (i + 1, y * 2.0), [tf.constant(0), x])[1]


def convert(function: object, shape: tuple[int | None, ...], *, int8: bool) -> bytes:
    graph = tf.function(function, input_signature=[tf.TensorSpec(shape, tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([graph.get_concrete_function()], tf.Module())
    if int8:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([np.ones(shape, np.float32) * i] for i in range(-2, 3))
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def read(model: bytes) -> dict[str, object]:
    interpreter = tf.lite.Interpreter(
        model_content=model,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    tensors = [
        {
            "name": t["name"],
            "shape": [int(d) for d in (t["shape_signature"] if len(t["shape_signature"]) else t["shape"])],
            "dtype": np.dtype(t["dtype"]).name,
            "scales": [float(v) for v in t["quantization_parameters"]["scales"]],
            "zero_points": [int(v) for v in t["quantization_parameters"]["zero_points"]],
        }
        for t in interpreter.get_tensor_details()
    ]
    return {
        "tensors": tensors,
        "ops": [o["op_name"] for o in interpreter._get_ops_details()],
        "inputs": [t["name"] for t in interpreter.get_input_details()],
        "outputs": [t["name"] for t in interpreter.get_output_details()],
    }


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    for name, function, shape, int8 in (
        ("int8", network, (1, 16, 16, 4), True),
        ("float", network, (1, 16, 16, 4), False),
        ("dynamic", network, (None, 16, 16, 4), False),
        ("loop", loop, (2, 3), False),
    ):
        model = convert(function, shape, int8=int8)
        (folder / f"{name}.tflite").write_bytes(model)
        (folder / f"{name}.json").write_text(json.dumps(read(model)))
