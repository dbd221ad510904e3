"""LiteRT, tflite-runtime and TensorFlow's interpreter behind one adapter. Runs inside a child."""

from __future__ import annotations

import importlib
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from edgeconv.core.layout import Array
from edgeconv.core.numbered import numbered
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
    model = open_model(request)
    feeds = [(f, np.load(f.clips, mmap_mode="r")) for f in request.feeds]
    raw: list[list[Array]] = []
    fed: list[list[Array]] = []
    times = []
    for clip in range(len(feeds[0][1][: request.clips])):
        fed.append([quantize_input(f.arrange(a[clip]), d) for d, (f, a) in zip(model.inputs, feeds, strict=True)])
        start = time.perf_counter()
        raw.append(model(fed[-1]))
        times.append((time.perf_counter() - start) * 1e3)
    for index, detail in enumerate(model.outputs):
        np.save(numbered(request.outputs, index), np.stack([dequantize(values[index], detail) for values in raw]))
    for path, arrays in ((request.raw_outputs, raw), (request.raw_inputs, fed)):
        if path is not None:
            for index, values in enumerate(zip(*arrays, strict=True)):
                np.save(numbered(path, index), np.stack(values))
    return Measured(
        milliseconds=tuple(times),
        saturated=tuple(s for values in raw for s in _saturated(values, model.outputs)),
        partitions=model.delegates,
        version=version(_PACKAGES[request.runtime]),
        outputs=len(model.outputs),
    )


class Model:
    """An interpreter as a function."""

    def __init__(self, interpreter: Any) -> None:
        self._interpreter = interpreter
        self.inputs: list[dict[str, Any]] = interpreter.get_input_details()
        self.outputs: list[dict[str, Any]] = interpreter.get_output_details()
        self.delegates = _delegates(interpreter)

    def __call__(self, arrays: Sequence[Array]) -> list[Array]:
        for detail, array in zip(self.inputs, arrays, strict=True):
            self._interpreter.set_tensor(detail["index"], array)
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(d["index"]) for d in self.outputs]


class Chain:
    """A backbone on one frame after the other, then a head on all that it gave: what a device does online."""

    def __init__(self, backbone: Model, head: Model, tail: int) -> None:
        self._backbone, self._head, self._tail = backbone, head, tail
        self.inputs, self.outputs = backbone.inputs, head.outputs
        self.delegates = backbone.delegates + head.delegates

    def __call__(self, arrays: Sequence[Array]) -> list[Array]:
        (clip,), (frame,), (stack,) = arrays, self.inputs, self._head.inputs
        features = [self._backbone([part.reshape(frame["shape"])])[0].reshape(-1) for part in clip]
        rows = np.pad(np.stack(features), [(0, 0), (0, self._tail)], constant_values=stack["quantization"][1])
        return self._head([rows.reshape(stack["shape"])])


def open_model(request: RunRequest) -> Model | Chain:
    def opened(path: Path) -> Model:
        return Model(open_interpreter(request.runtime, path, request.threads, request.delegate))

    model = opened(request.model)
    return Chain(model, opened(request.head.model), request.head.tail) if request.head else model


def _saturated(values: list[Array], details: list[dict[str, Any]]) -> list[float]:
    """The largest share of clipped values over all outputs of one clip; [] for floats."""
    shares = []
    for value, detail in zip(values, details, strict=True):
        if np.issubdtype(value.dtype, np.integer):
            shares.append(float(np.isin(value, clipping_ends(value.dtype, detail["quantization"])).mean()))
    return [max(shares)] if shares else []


def clipping_ends(dtype: Any, quantization: tuple[float, int]) -> list[int]:
    """The ends of the integer range behind which real values may lie.

    An end that means 0 is where a ReLU ends, and 0..255/256 is all that a sigmoid or a softmax gives.
    """
    info, (scale, zero) = np.iinfo(dtype), quantization
    if scale == 1 / 256 and zero == info.min:
        return []
    return [end for end in (info.min, info.max) if end != zero]


def _delegates(interpreter: Any) -> int:
    return sum(d["op_name"] == "DELEGATE" for d in interpreter._get_ops_details())


def partitions(request: _Model) -> Measured:
    interpreter = open_interpreter("litert", request.model, request.threads)
    return Measured(milliseconds=(), partitions=_delegates(interpreter), version=version("ai-edge-litert"))


def computed_tensors(interpreter: Any) -> dict[str, int]:
    """Computed tensors of values by name, in execution order, the inputs first."""
    by_index = {d["index"]: d for d in interpreter.get_tensor_details()}
    order = [d["index"] for d in interpreter.get_input_details()]
    for op in interpreter._get_ops_details():
        order += [int(i) for i in op["outputs"]]
    return {
        by_index[i]["name"]: i
        for i in order
        if i in by_index and by_index[i]["dtype"] in (np.float32, np.int8, np.int16)
    }
