"""What calibration must know of a float file: ranges and histograms of its tensors, second moments of its inputs.

Runs inside a child, on TFLite's own kernels, one clip at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.runtimes.api import Patch, Ranges, RangesRequest, TensorStats
from edgeconv.runtimes.tflite import computed_tensors, open_interpreter, quantize_input

SAMPLES = 1 << 14
"""Values kept per tensor and clip for its histogram; the range itself is over all values."""
BINS = 512
PATCHES = 192
"""Places per clip at which an operator's input patch is looked at."""


def ranges(request: RangesRequest) -> Ranges:
    """True minimum and maximum over all clips; a moving average over few clips would follow the first one."""
    interpreter = open_interpreter("litert", request.model, request.threads, delegate=False, keep=True)
    details = interpreter.get_input_details()
    computed = computed_tensors(interpreter)
    watched = set(computed if request.tensors is None else request.tensors)
    wanted = {n: i for n, i in computed.items() if n in watched}
    moving = {p.tensor: computed[p.tensor] for p in request.patches.values() if p.tensor not in watched}
    bounds: dict[str, tuple[float, float]] = {}
    samples: dict[str, list[Array]] = {name: [] for name in wanted}
    moments = _Moments(request.patches)
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    for clip in range(len(feeds[0][1])):
        for detail, (feed, array) in zip(details, feeds, strict=True):
            interpreter.set_tensor(detail["index"], quantize_input(feed.arrange(array[clip]), detail))
        interpreter.invoke()
        for name, index in wanted.items():
            tensor = interpreter.get_tensor(index)
            value = tensor.reshape(-1)
            low, high = float(value.min()), float(value.max())
            have = bounds.get(name, (low, high))
            bounds[name] = (min(have[0], low), max(have[1], high))
            # An odd step walks through all channels and positions alike.
            samples[name].append(value[:: value.size // SAMPLES | 1].copy())
            moments.look(name, tensor)
        for name, index in moving.items():
            moments.look(name, interpreter.get_tensor(index))
    if request.moments is not None:
        moments.save(request.moments)
    return Ranges(
        stats={
            name: TensorStats(low=low, high=high, counts=_histogram(samples[name], low, high))
            for name, (low, high) in bounds.items()
        }
    )


def _histogram(samples: list[Array], low: float, high: float) -> tuple[int, ...]:
    if not (np.isfinite([low, high]).all() and high > low):
        return ()
    return tuple(np.histogram(np.concatenate(samples), BINS, (low, high))[0].tolist())


class _Moments:
    """Per operator: mean of its input channels, and second moments of its input patches."""

    def __init__(self, patches: dict[str, Patch]) -> None:
        self._by_input: dict[str, list[tuple[str, Patch]]] = {}
        for op, patch in patches.items():
            self._by_input.setdefault(patch.tensor, []).append((op, patch))
        self._sums: dict[str, Array] = {}
        self._clips: dict[str, int] = {}
        self._random = np.random.default_rng(0)

    def look(self, name: str, tensor: Array) -> None:
        for op, patch in self._by_input.get(name, ()):
            mean = tensor.reshape(-1, tensor.shape[-1]).mean(0, dtype=np.float64)
            self._add(f"{op}|mean", mean)
            if patch.second:
                self._add(f"{op}|moments", self._second(tensor, patch))
            self._clips[op] = self._clips.get(op, 0) + 1

    def _add(self, key: str, value: Array) -> None:
        self._sums[key] = self._sums.get(key, 0) + value

    def _second(self, tensor: Array, patch: Patch) -> Array:
        """[C, K, K] over the K kernel positions of each channel; for a 1x1 kernel [1, C, C] over the channels."""
        if patch.height * patch.width == 1:
            rows = tensor.reshape(-1, tensor.shape[-1])
            picked = rows[self._random.integers(0, len(rows), PATCHES)]
            square: Array = (picked.T @ picked / PATCHES)[None]
            return square
        pixels = self._patches(tensor, patch)
        by_channel = pixels.transpose(2, 1, 0)
        found: Array = by_channel @ by_channel.transpose(0, 2, 1) / PATCHES
        return found

    def _patches(self, tensor: Array, patch: Patch) -> Array:
        batch, height, width, _ = tensor.shape
        reach_y, reach_x = patch.dilation_h * (patch.height - 1), patch.dilation_w * (patch.width - 1)
        b = self._random.integers(0, batch, PATCHES)
        y = self._random.integers(0, max(1, height - reach_y), PATCHES)
        x = self._random.integers(0, max(1, width - reach_x), PATCHES)
        columns: list[Any] = [
            tensor[
                b,
                np.minimum(y + i * patch.dilation_h, height - 1),
                np.minimum(x + j * patch.dilation_w, width - 1),
            ]
            for i in range(patch.height)
            for j in range(patch.width)
        ]
        stacked: Array = np.stack(columns, 1)
        return stacked

    def save(self, path: Any) -> None:
        np.savez(path, **{k: v / self._clips[k.rpartition("|")[0]] for k, v in self._sums.items()})
