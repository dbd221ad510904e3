"""Tiny graphs, and runtimes that know nothing of the emitter to judge them.

LiteRT runs in this process; tflite-runtime and TensorFlow in children that stay for a whole module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from hypothesis import HealthCheck, settings

from edgeconv.core.child import Child
from edgeconv.runtimes import Feed, RunRequest
from edgeconv.runtimes.api import Measured
from edgeconv.tflite import Graph, Quant, Range, Recipe, TfliteBackend, quantize, write

Array = npt.NDArray[Any]
Build = Callable[..., str | Sequence[str]]
"""Given the backend and the names of the inputs, emits operators and returns what comes out."""


def draws(count: int) -> settings:
    """The same draws every time, without a clock."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


def numbers(*shape: int, seed: int = 0, low: float = -1.0, high: float = 1.0) -> Array:
    """Seeded float32 numbers, symmetric in no axis."""
    return np.random.default_rng([seed, *shape]).uniform(low, high, shape).astype(np.float32)


def built(build: Build, *shapes: Sequence[int]) -> Graph:
    """A graph with inputs x0, x1, ... and outputs y0, y1, ..."""
    backend = TfliteBackend()
    made = build(backend, *(backend.input(f"x{i}", tuple(s), "float32") for i, s in enumerate(shapes)))
    for i, tensor in enumerate([made] if isinstance(made, str) else made):
        backend.output(f"y{i}", tensor, backend.graph.shape(tensor))
    return backend.graph


def kinds(graph: Graph) -> list[str]:
    return [op.kind for op in graph.ops]


def interpreter(data: bytes, *, delegate: bool = False, keep: bool = False) -> Interpreter:
    kind = OpResolverType.AUTO if delegate else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    made = Interpreter(
        model_content=data,
        num_threads=1,
        experimental_op_resolver_type=kind,
        experimental_preserve_all_tensors=keep,
    )
    made.allocate_tensors()
    return made


def run(graph: Graph, *inputs: Array, delegate: bool = False) -> list[Array]:
    """All outputs, from LiteRT."""
    made = interpreter(write(graph, "case"), delegate=delegate)
    _invoke(made, inputs)
    return [made.get_tensor(d["index"]) for d in made.get_output_details()]


def seen_ranges(graph: Graph, *inputs: Array) -> dict[str, Range]:
    """Smallest and largest value of every computed tensor of a float graph, from LiteRT."""
    made = interpreter(write(graph, "case"), keep=True)
    _invoke(made, inputs)
    computed = {n for n, t in graph.tensors.items() if t.data is None}
    values = {d["name"]: made.get_tensor(d["index"]) for d in made.get_tensor_details() if d["name"] in computed}
    return {n: (float(v.min()), float(v.max())) for n, v in values.items()}


def _invoke(made: Interpreter, inputs: Sequence[Array]) -> None:
    for detail, array in zip(made.get_input_details(), inputs, strict=True):
        made.set_tensor(detail["index"], array)
    made.invoke()


def quantized_graph(
    graph: Graph, *inputs: Array, recipe: Recipe | None = None, ranges: Mapping[str, Range] | None = None
) -> Graph:
    """Calibrated on the one clip it is then fed, unless ranges are given."""
    return quantize(graph, {**seen_ranges(graph, *inputs), **(ranges or {})}, recipe or Recipe())


def steps(array: Array, quant: Quant, dtype: str = "int8") -> Array:
    info = np.iinfo(dtype)
    scale, zero = np.float64(np.float32(quant.scales[0])), quant.zero_points[0]
    return np.clip(np.round(array.astype(np.float64) / scale) + zero, info.min, info.max).astype(dtype)


def real(array: Array, quant: Quant) -> Array:
    return (array.astype(np.float64) - quant.zero_points[0]) * np.float64(np.float32(quant.scales[0]))


def quant_of(graph: Graph, tensor: str) -> Quant:
    quant = graph.tensors[tensor].quant
    assert quant is not None
    return quant


class Lab:
    """Children for the runtimes that must not share a process, one each, started when first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._stack, self._children, self._count = folder, ExitStack(), dict[str, Child](), 0

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

    def run(self, graph: Graph, *inputs: Array, runtime: str = "tflite-runtime", delegate: bool = False) -> Array:
        """The first output as the model gives it; inputs as the model takes them."""
        self._count += 1
        model = self._folder / f"{self._count}.tflite"
        model.write_bytes(write(graph, "case"))
        feeds = []
        for i, array in enumerate(inputs):
            clips = self._folder / f"{self._count}.{i}.npy"
            np.save(clips, array[None])
            feeds.append(Feed(clips=clips, perm=tuple(range(array.ndim)), physical=array.shape))
        outputs, raw = model.with_suffix(".out.npy"), model.with_suffix(".raw.npy")
        request = RunRequest(
            runtime=runtime,
            model=model,
            feeds=tuple(feeds),
            outputs=outputs,
            raw_outputs=raw,
            threads=1,
            delegate=delegate,
        )
        if runtime not in self._children:
            self._children[runtime] = self._stack.enter_context(Child(runtime, 1))
        self._children[runtime].call("edgeconv.runtimes.tflite:run", request, Measured, 120)
        return np.asarray(np.load(raw)[0])
