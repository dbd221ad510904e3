"""LiteRT, tflite-runtime and TensorFlow's interpreter behind one adapter. Runs inside a child."""

from __future__ import annotations

import importlib
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.runtimes.api import (
    TFLITE_MODULES,
    Compared,
    CompareRequest,
    Measured,
    Ranges,
    RangesRequest,
    RunRequest,
    TensorDrift,
    TensorStats,
    _Model,
)

_PACKAGES = {"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime", "tensorflow": "tensorflow"}


def _interpreter(runtime: str, model: Path, threads: int, delegate: bool = True, keep: bool = False) -> Any:
    module = importlib.import_module(TFLITE_MODULES[runtime])
    module = module.lite if runtime == "tensorflow" else module
    resolver = module.experimental if runtime == "tensorflow" else module
    arguments: dict[str, Any] = {"model_path": str(model), "num_threads": threads}
    if not delegate:
        arguments["experimental_op_resolver_type"] = resolver.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    if keep:
        arguments["experimental_preserve_all_tensors"] = True
    made = module.Interpreter(**arguments)
    made.allocate_tensors()
    return made


def quantize_input(array: Array, detail: dict[str, Any]) -> Array:
    """Float values to the input's integers; integers and float inputs pass through."""
    if detail["dtype"] == np.float32 or array.dtype == detail["dtype"]:
        same: Array = array.astype(detail["dtype"], copy=False)
        return same
    scale, zero = detail["quantization"]
    info = np.iinfo(detail["dtype"])
    stepped: Array = np.clip(np.round(array / scale) + zero, info.min, info.max).astype(detail["dtype"])
    return stepped


def dequantize(array: Array, detail: dict[str, Any]) -> Array:
    scale, zero = detail["quantization"]
    if array.dtype == np.float32 or not scale:
        return array.astype(np.float32)
    return ((array.astype(np.float32) - zero) * scale).astype(np.float32)


def run(request: RunRequest) -> Measured:
    interpreter = _interpreter(request.runtime, request.model, request.threads, request.delegate)
    inputs, output = interpreter.get_input_details(), interpreter.get_output_details()[0]
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    results, raw, fed, times, saturated = [], [], [], [], []
    for clip in range(len(feeds[0][1])):
        given = [quantize_input(f.arrange(a[clip]), d) for d, (f, a) in zip(inputs, feeds, strict=True)]
        for detail, array in zip(inputs, given, strict=True):
            interpreter.set_tensor(detail["index"], array)
        start = time.perf_counter()
        interpreter.invoke()
        times.append((time.perf_counter() - start) * 1e3)
        value = interpreter.get_tensor(output["index"])
        results.append(dequantize(value, output))
        raw.append(value)
        fed.append(given[0])
        if value.dtype != np.float32:
            info = np.iinfo(value.dtype)
            saturated.append(float(np.mean((value == info.min) | (value == info.max))))
    np.save(request.outputs, np.stack(results))
    if request.raw_outputs:
        np.save(request.raw_outputs, np.stack(raw))
    if request.raw_inputs:
        np.save(request.raw_inputs, np.stack(fed))
    return Measured(
        milliseconds=tuple(times),
        saturated=tuple(saturated),
        partitions=_delegates(interpreter),
        version=version(_PACKAGES[request.runtime]),
    )


def _delegates(interpreter: Any) -> int:
    return sum(d["op_name"] == "DELEGATE" for d in interpreter._get_ops_details())


def partitions(request: _Model) -> Measured:
    interpreter = _interpreter("litert", request.model, request.threads)
    return Measured(milliseconds=(), partitions=_delegates(interpreter), version=version("ai-edge-litert"))


SAMPLES = 1 << 14
"""Values kept per tensor and clip for its histogram; the range itself is over all values."""
BINS = 512


def ranges(request: RangesRequest) -> Ranges:
    """True minimum and maximum over all clips; a moving average over few clips would follow the first one."""
    interpreter = _interpreter("litert", request.model, request.threads, delegate=False, keep=True)
    details = interpreter.get_input_details()
    wanted = _computed(interpreter)
    bounds: dict[str, tuple[float, float]] = {}
    samples: dict[str, list[Array]] = {name: [] for name in wanted}
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    for clip in range(len(feeds[0][1])):
        for detail, (feed, array) in zip(details, feeds, strict=True):
            interpreter.set_tensor(detail["index"], feed.arrange(array[clip]))
        interpreter.invoke()
        for name, index in wanted.items():
            value = interpreter.get_tensor(index).reshape(-1)
            low, high = float(value.min()), float(value.max())
            have = bounds.get(name, (low, high))
            bounds[name] = (min(have[0], low), max(have[1], high))
            # An odd step walks through all channels and positions alike.
            samples[name].append(value[:: value.size // SAMPLES | 1].copy())
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


def _computed(interpreter: Any) -> dict[str, int]:
    """Computed float tensors by name, in execution order, the inputs first."""
    by_index = {d["index"]: d for d in interpreter.get_tensor_details()}
    order = [d["index"] for d in interpreter.get_input_details()]
    for op in interpreter._get_ops_details():
        order += [int(i) for i in op["outputs"]]
    return {by_index[i]["name"]: i for i in order if i in by_index and by_index[i]["dtype"] in (np.float32, np.int8)}


def compare(request: CompareRequest) -> Compared:
    """Both files on TFLite's own kernels, tensor by tensor."""
    reference = _interpreter("litert", request.reference, request.threads, delegate=False, keep=True)
    candidate = _interpreter("litert", request.candidate, request.threads, delegate=False, keep=True)
    names, others = _computed(reference), _computed(candidate)
    shared = [n for n in names if n in others]
    details = {d["index"]: d for d in candidate.get_tensor_details()}
    signal, noise, dots, norms = (dict.fromkeys(shared, 0.0) for _ in range(4))
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    for clip in range(min(request.clips, len(feeds[0][1]))):
        for interpreter in (reference, candidate):
            for detail, (feed, array) in zip(interpreter.get_input_details(), feeds, strict=True):
                interpreter.set_tensor(detail["index"], quantize_input(feed.arrange(array[clip]), detail))
            interpreter.invoke()
        for name in shared:
            a = reference.get_tensor(names[name]).astype(np.float32)
            b = dequantize(candidate.get_tensor(others[name]), details[others[name]])
            signal[name] += float(np.vdot(a, a))
            norms[name] += float(np.vdot(b, b))
            dots[name] += float(np.vdot(a, b))
            a -= b
            noise[name] += float(np.vdot(a, a))
    return Compared(
        tensors=tuple(
            TensorDrift(
                tensor=n,
                sqnr_db=float(min(300.0, 10 * np.log10(max(signal[n], 1e-30) / max(noise[n], 1e-30)))),
                cosine=float(dots[n] / max(np.sqrt(signal[n] * norms[n]), 1e-30)),
            )
            for n in shared
        )
    )
