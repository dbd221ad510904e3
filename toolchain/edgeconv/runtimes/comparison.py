"""Two TFLite files whose tensors bear the same names, compared tensor by tensor. Runs inside a child."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.runtimes.api import Compared, CompareRequest, TensorDrift
from edgeconv.runtimes.tflite import computed_tensors, dequantize, open_interpreter, quantize_input

_NO_VALUE = -1e30
"""Below lie the pads of a max pool: no value of the network, and their squares overflow."""
STEPS = 255
"""Between the ends of an 8-bit range."""


def compare(request: CompareRequest) -> Compared:
    """Both files on TFLite's own kernels, clip by clip; of a clip only sums are kept."""
    reference = open_interpreter("litert", request.reference, request.threads, delegate=False, keep=True)
    candidate = open_interpreter("litert", request.candidate, request.threads, delegate=False, keep=True)
    names, others = computed_tensors(reference), computed_tensors(candidate)
    details = {d["index"]: d for d in candidate.get_tensor_details()}
    tallies = {n: _Tally(details[others[n]]) for n in names if n in others}
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    for clip in range(min(request.clips, len(feeds[0][1]))):
        for interpreter in (reference, candidate):
            for detail, (feed, array) in zip(interpreter.get_input_details(), feeds, strict=True):
                interpreter.set_tensor(detail["index"], quantize_input(feed.arrange(array[clip]), detail))
            interpreter.invoke()
        for name, tally in tallies.items():
            tally.add(reference.get_tensor(names[name]).astype(np.float32), candidate.get_tensor(others[name]))
    return Compared(tensors=tuple(tally.told(name) for name, tally in tallies.items()))


class _Tally:
    """Sums over all clips for one tensor."""

    def __init__(self, detail: dict[str, Any]) -> None:
        self._detail = detail
        self._signal = self._noise = self._dot = self._norm = 0.0
        self._count = self._outside = 0
        self._low = self._high = self._apart = 0.0
        self._channels: Array | None = None

    def add(self, a: Array, raw: Array) -> None:
        b = dequantize(raw, self._detail)
        filled = a < _NO_VALUE
        if filled.any():
            a, b = np.where(filled, 0, a), np.where(filled, 0, b)
        self._look_at_the_range(a, raw.dtype)
        self._signal += float(np.vdot(a, a))
        self._norm += float(np.vdot(b, b))
        self._dot += float(np.vdot(a, b))
        self._count += a.size
        error = a - b
        self._noise += float(np.vdot(error, error))
        self._apart = max(self._apart, float(np.abs(error).max(initial=0.0)))
        self._low, self._high = min(self._low, float(a.min(initial=0.0))), max(self._high, float(a.max(initial=0.0)))

    def _look_at_the_range(self, a: Array, dtype: Any) -> None:
        largest = np.abs(a).reshape(-1, a.shape[-1] if a.ndim else 1).max(axis=0)
        self._channels = largest if self._channels is None else np.maximum(self._channels, largest)
        scale, zero = self._detail["quantization"]
        if scale and np.issubdtype(dtype, np.integer):
            info = np.iinfo(dtype)
            low, high = ((end - zero) * scale for end in (info.min - 0.5, info.max + 0.5))
            self._outside += int(((a < low) | (a > high)).sum())

    def told(self, name: str) -> TensorDrift:
        scale = self._detail["quantization"][0]
        alive = self._channels[self._channels > 0] if self._channels is not None else np.zeros(0)
        channels = 0 if self._channels is None else self._channels.size
        return TensorDrift(
            tensor=name,
            sqnr_db=_decibels(self._signal, self._noise),
            cosine=float(self._dot / max(np.sqrt(self._signal * self._norm), 1e-30)),
            outside=self._outside / max(self._count, 1),
            steps=float(np.sqrt(self._noise / max(self._count, 1)) / scale) if scale else 0.0,
            channels=channels,
            dead=channels - alive.size,
            spread=float(alive.max() / np.median(alive)) if alive.size else 1.0,
            ideal_db=_decibels(self._signal, self._count * ((self._high - self._low) / STEPS) ** 2 / 12),
            gain=self._dot / self._signal if self._signal else 1.0,
            relative=self._apart / (max(self._high, -self._low) or 1.0),
        )


def _decibels(signal: float, noise: float) -> float:
    return float(min(300.0, 10 * np.log10(max(signal, 1e-30) / max(noise, 1e-30))))
