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
    Measured,
    RunRequest,
    _Model,
)

_PACKAGES = {"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime", "tensorflow": "tensorflow"}


def open_interpreter(runtime: str, model: Path, threads: int, delegate: bool = True, keep: bool = False) -> Any:
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
    real: Array = ((array.astype(np.float32) - zero) * scale).astype(np.float32)
    return real


def run(request: RunRequest) -> Measured:
    interpreter = open_interpreter(request.runtime, request.model, request.threads, request.delegate)
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
    interpreter = open_interpreter("litert", request.model, request.threads)
    return Measured(milliseconds=(), partitions=_delegates(interpreter), version=version("ai-edge-litert"))


def computed_tensors(interpreter: Any) -> dict[str, int]:
    """Computed float tensors by name, in execution order, the inputs first."""
    by_index = {d["index"]: d for d in interpreter.get_tensor_details()}
    order = [d["index"] for d in interpreter.get_input_details()]
    for op in interpreter._get_ops_details():
        order += [int(i) for i in op["outputs"]]
    return {by_index[i]["name"]: i for i in order if i in by_index and by_index[i]["dtype"] in (np.float32, np.int8)}
