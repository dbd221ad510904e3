"""TensorFlow's own converter on the 3D baseline: the network by hand in NDHWC, with the weights of the PyTorch one.

    python benchmarks/peer_tensorflow.py SUBJECT_FOLDER OUT_FOLDER

writes conv3d_fp32.tflite and conv3d_int8.tflite, the latter with the settings that ask for full int8. The converter
leaves every CONV_3D in float all the same, and says nothing.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from subjects import Subject

Array = NDArray[Any]
STAGES = ("res3", "res4", "res5")
_EPSILON = 1e-5  # torch.nn.BatchNorm's default


def convert(subject: Subject, folder: Path) -> Path:
    """The int8 file, from the cache if the ONNX file has not changed; made in a process of its own."""
    from edgeconv.bundle import sha256_of

    folder = folder / sha256_of(subject.onnx)[:12]
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / "conv3d_int8.tflite"
    if not made.is_file():
        with (folder / "tensorflow.log").open("wb") as log:
            command = [sys.executable, __file__, str(subject.folder), str(folder)]
            subprocess.run(command, check=True, stdout=log, stderr=subprocess.STDOUT)
    return made


def make(subject: Subject, folder: Path) -> None:
    import tensorflow as tf

    network = Network(dict(np.load(subject.weights)))
    shape = np.load(subject.clips("calibration"), mmap_mode="r").shape  # [M, 1, 3, T, H, W]
    signature = tf.TensorSpec((*shape[3:], 3), tf.float32, "frames")
    function = tf.function(network.logits, input_signature=[signature]).get_concrete_function()
    _check(function, subject)

    def calibration() -> Iterator[list[Array]]:
        for frames in read_frames(subject, "calibration"):
            yield [frames]

    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    (folder / "conv3d_fp32.tflite").write_bytes(converter.convert())
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = calibration
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    (folder / "conv3d_int8.tflite").write_bytes(converter.convert())


def read_frames(subject: Subject, role: str) -> Iterator[Array]:
    """Clips as [T, H, W, 3]."""
    for clip in np.load(subject.clips(role), mmap_mode="r"):
        yield np.ascontiguousarray(clip[0].transpose(1, 2, 3, 0))


def _check(function: Callable[..., Any], subject: Subject) -> None:
    """The hand-written network is the same function as the PyTorch one, or there is nothing to compare."""
    import tensorflow as tf

    for frames, expected in zip(read_frames(subject, "verification"), np.load(subject.reference), strict=True):
        logits = function(tf.constant(frames)).numpy()
        error = np.abs(logits - expected).max() / np.abs(expected).max()
        if error > 1e-4:
            raise RuntimeError(f"the hand-written network is off by {error:.1e} of PyTorch's largest logit")
        print(f"relative difference to PyTorch {error:.1e}")


class Network:
    """ECO-Lite 3D on frames [T, H, W, 3]; BatchNorms that directly follow a convolution are folded into it."""

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._weights = weights

    def logits(self, frames: Any) -> Any:
        import tensorflow as tf

        clip = self._backbone(frames)[tf.newaxis]
        pooled = tf.reduce_mean(self._head(clip), axis=(1, 2, 3))
        return tf.matmul(pooled, self._weights["classifier.weight"].T) + self._weights["classifier.bias"]

    def _backbone(self, x: Any) -> Any:
        import tensorflow as tf

        x = self._units(x, "conv1_7x7_s2", stride=2)
        x = tf.nn.max_pool2d(x, 3, 2, "SAME")  # on even sizes the same as PyTorch's ceil_mode
        x = self._units(x, "conv2_3x3_reduce", "conv2_3x3")
        x = tf.nn.max_pool2d(x, 3, 2, "SAME")
        for name in ("inception_3a", "inception_3b"):
            padded = tf.pad(x, _pads(1, 2))  # PyTorch's average counts the pad
            branches = (
                self._units(x, f"{name}_1x1"),
                self._units(x, f"{name}_3x3_reduce", f"{name}_3x3"),
                self._units(x, f"{name}_double_3x3_reduce", f"{name}_double_3x3_1", f"{name}_double_3x3_2"),
                self._units(tf.nn.avg_pool2d(padded, 3, 1, "VALID"), f"{name}_pool_proj"),
            )
            x = tf.concat(branches, axis=-1)
        return self._units(x, "inception_3c_double_3x3_reduce", "inception_3c_double_3x3_1")

    def _units(self, x: Any, *names: str, stride: int = 1) -> Any:
        """Convolution, folded BatchNorm and ReLU of each named layer of the 2D network."""
        import tensorflow as tf

        for name in names:
            x = tf.nn.relu(self._conv(x, f"backbone.{name}", stride, norm=f"backbone.{name}_bn"))
        return x

    def _head(self, x: Any) -> Any:
        import tensorflow as tf

        for stage in STAGES:
            layer = f"head.{stage}"
            if stage == "res3":
                entry = self._conv(x, f"{layer}a_2")
            else:
                inner = tf.nn.relu(self._conv(x, f"{layer}a_1", 2, norm=f"{layer}a_1_bn"))
                entry = self._conv(inner, f"{layer}a_2") + self._conv(x, f"{layer}a_down", 2)
            x = tf.nn.relu(self._norm(entry, f"{layer}a_bn"))
            x = tf.nn.relu(self._conv(x, f"{layer}b_1", norm=f"{layer}b_1_bn"))
            x = tf.nn.relu(self._norm(self._conv(x, f"{layer}b_2") + entry, f"{layer}b_bn"))
        return x

    def _affine(self, norm: str) -> tuple[Array, Array]:
        """A BatchNorm as scale and shift."""
        mean, variance, gain, bias = (
            self._weights[f"{norm}.{part}"].astype(np.float64)
            for part in ("running_mean", "running_var", "weight", "bias")
        )
        scale = gain / np.sqrt(variance + _EPSILON)
        return scale, bias - mean * scale

    def _norm(self, x: Any, norm: str) -> Any:
        scale, shift = self._affine(norm)
        return x * scale.astype(np.float32) + shift.astype(np.float32)

    def _conv(self, x: Any, name: str, stride: int = 1, norm: str | None = None) -> Any:
        """2D or 3D by the rank of the weight."""
        import tensorflow as tf

        weight, bias = (self._weights[f"{name}.{part}"].astype(np.float64) for part in ("weight", "bias"))
        if norm is not None:
            scale, shift = self._affine(norm)
            weight, bias = weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), bias * scale + shift
        rank, kernel = weight.ndim - 2, weight.shape[-1]
        last = np.moveaxis(weight, (0, 1), (-1, -2)).astype(np.float32)
        padding = "SAME" if stride == 1 else "VALID"
        if stride > 1:  # SAME would pad at the end only
            x = tf.pad(x, _pads(kernel // 2, rank))
        convolve = tf.nn.conv2d if rank == 2 else tf.nn.conv3d
        y = convolve(x, last, [1, *[stride] * rank, 1], padding)
        return tf.nn.bias_add(y, bias.astype(np.float32)) if rank == 2 else y + bias.astype(np.float32)


def _pads(width: int, rank: int) -> list[list[int]]:
    return [[0, 0], *[[width, width]] * rank, [0, 0]]


if __name__ == "__main__":
    make(Subject("eco-lite-3d", Path(sys.argv[1])), Path(sys.argv[2]))
