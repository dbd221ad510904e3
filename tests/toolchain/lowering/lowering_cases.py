"""Small ONNX models by hand, lowered through both backends and judged by runtimes that know nothing of the lowering.

The original runs in ONNX Runtime (float32) or in the ONNX reference evaluator (float64); the lowered ONNX runs in the
same, the emitted TFLite in LiteRT. Ranks and operators are read back from what the runtimes report, not from ours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from hypothesis import HealthCheck, settings
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from edgeconv.core.errors import ModelError
from edgeconv.lowering import OnnxBackend, Port, Trace, fold_batch_norms, graph_of, lower
from edgeconv.tflite import TfliteBackend, optimize, write

Array = npt.NDArray[Any]
Node = onnx.NodeProto
OPSET = 18
FLOAT32, FLOAT64 = 1e-5, 1e-10
"""Largest difference over the output's scale."""
node = helper.make_node


def draws(count: int) -> settings:
    """The same draws every time, without a clock."""
    return settings(
        max_examples=count,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )


class Weights:
    """Seeded numbers, none of them symmetric in any axis."""

    def __init__(self, seed: int = 0, dtype: str = "float32") -> None:
        self._generator = np.random.default_rng(seed)
        self.dtype = dtype

    def __call__(self, *shape: int, low: float = -1.0, high: float = 1.0) -> Array:
        return np.asarray(self._generator.uniform(low, high, shape), self.dtype)

    def clip(self, *shape: int) -> Array:
        """A clip that differs in every position and grows along every axis: reversed or shifted, it shows."""
        ramp = sum(np.linspace(0.0, 1.0 + axis, n).reshape([-1 if i == axis else 1 for i in range(len(shape))])
                   for axis, n in enumerate(shape))  # fmt: skip
        return np.asarray(self._generator.normal(0, 1, shape) + np.asarray(ramp), self.dtype)


def model(
    nodes: Sequence[Node],
    inputs: Mapping[str, Sequence[int]],
    outputs: Sequence[str],
    weights: Mapping[str, Array] | None = None,
    *,
    opset: int = OPSET,
    dtype: str = "float32",
) -> onnx.ModelProto:
    kind = helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    graph = helper.make_graph(
        list(nodes),
        "case",
        [helper.make_tensor_value_info(n, kind, list(s)) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, kind, None) for n in outputs],
        [numpy_helper.from_array(np.asarray(a), n) for n, a in (weights or {}).items()],
    )
    domains = {"": opset, **{n.domain: 1 for n in nodes if n.domain}}
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid(d, v) for d, v in domains.items()])
    made.ir_version = 9
    return onnx.shape_inference.infer_shapes(made)


def run_onnx(made: onnx.ModelProto, feeds: Mapping[str, Array]) -> list[Array]:
    """ONNX Runtime without its optimizer for float32; the reference evaluator for float64."""
    if any(a.dtype == np.float64 for a in feeds.values()):
        return list(ReferenceEvaluator(made).run(None, dict(feeds)))
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(made.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return list(session.run(None, dict(feeds)))


def interpreter(data: bytes, *, delegate: bool = False) -> Interpreter:
    kind = OpResolverType.AUTO if delegate else OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    made = Interpreter(model_content=data, num_threads=1, experimental_op_resolver_type=kind)
    made.allocate_tensors()
    return made


def physical(array: Array, port: Port) -> Array:
    return np.ascontiguousarray(array.transpose(port.perm)).reshape(port.physical)


def logical(array: Array, port: Port) -> Array:
    assert array.shape == port.physical
    in_memory = [port.logical[axis] for axis in port.perm]
    return array.reshape(in_memory).transpose(np.argsort(port.perm))


@dataclass(frozen=True)
class Lowered:
    """One backend's result."""

    trace: Trace
    outputs: list[Array]
    """In logical order."""
    ops: Counter[str]
    max_rank: int
    folded: int
    shapes: tuple[tuple[int, ...], ...]
    """Of the outputs in the file."""

    @property
    def moves(self) -> int:
        return self.ops["Transpose"] + self.ops["TRANSPOSE"]


def lower_onnx(
    made: onnx.ModelProto, feeds: Mapping[str, Array], layouts: Mapping[str, str], opset: int = OPSET
) -> Lowered:
    graph, backend = graph_of(made), OnnxBackend(opset)
    folded = fold_batch_norms(graph)
    trace = lower(graph, backend, layouts)
    result = backend.model()
    onnx.checker.check_model(result, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(result, strict_mode=True)
    parts = (inferred.graph.input, inferred.graph.output, inferred.graph.value_info)
    ranks = [len(v.type.tensor_type.shape.dim) for part in parts for v in part]
    ranks += [len(t.dims) for t in result.graph.initializer]
    outputs = run_onnx(result, {p.name: physical(feeds[p.name], p) for p in trace.inputs})
    return Lowered(
        trace,
        [logical(a, p) for a, p in zip(outputs, trace.outputs, strict=True)],
        Counter(n.op_type for n in result.graph.node),
        max(ranks),
        folded,
        tuple(a.shape for a in outputs),
    )  # fmt: skip


def emit(made: onnx.ModelProto, layouts: Mapping[str, str]) -> tuple[TfliteBackend, Trace, int]:
    graph, backend = graph_of(made), TfliteBackend()
    folded = fold_batch_norms(graph)
    trace = lower(graph, backend, layouts)
    optimize(backend.graph)
    return backend, trace, folded


def lower_tflite(
    made: onnx.ModelProto, feeds: Mapping[str, Array], layouts: Mapping[str, str], *, delegate: bool = False
) -> Lowered:
    backend, trace, folded = emit(made, layouts)
    data = write(backend.graph, "case")
    run = interpreter(data, delegate=delegate)
    for detail, port in zip(run.get_input_details(), trace.inputs, strict=True):
        assert tuple(detail["shape"]) == port.physical
        run.set_tensor(detail["index"], physical(feeds[port.name], port))
    run.invoke()
    outputs = [run.get_tensor(d["index"]) for d in run.get_output_details()]
    return Lowered(
        trace,
        [logical(a, p) for a, p in zip(outputs, trace.outputs, strict=True)],
        Counter(o["op_name"] for o in run._get_ops_details()),
        max(len(d["shape"]) for d in run.get_tensor_details()),
        folded,
        tuple(a.shape for a in outputs),
    )


def difference(got: Array, expected: Array) -> float:
    """Largest difference over the scale of what is expected."""
    assert got.shape == expected.shape, (got.shape, expected.shape)
    return float(np.abs(got.astype(np.float64) - expected).max() / max(float(np.abs(expected).max()), 1e-6))


def assert_same(lowered: Lowered, expected: Sequence[Array], tolerance: float = FLOAT32) -> None:
    assert lowered.max_rank <= 4
    assert lowered.moves == len(lowered.trace.transposes)
    for got, want in zip(lowered.outputs, expected, strict=True):
        assert difference(got, want) <= tolerance


def check_onnx(
    made: onnx.ModelProto,
    feeds: Mapping[str, Array],
    layouts: Mapping[str, str] | None = None,
    expected: Sequence[Array] | None = None,
) -> Lowered:
    """Lower to ONNX; equal to the original (or to `expected`)."""
    double = any(a.dtype == np.float64 for a in feeds.values())
    lowered = lower_onnx(made, feeds, layouts or {})
    assert_same(lowered, run_onnx(made, feeds) if expected is None else expected, FLOAT64 if double else FLOAT32)
    return lowered


def check_tflite(
    made: onnx.ModelProto,
    feeds: Mapping[str, Array],
    layouts: Mapping[str, str] | None = None,
    expected: Sequence[Array] | None = None,
    *,
    delegate: bool = False,
) -> Lowered:
    """Lower to TFLite; equal to the original (or to `expected`)."""
    lowered = lower_tflite(made, feeds, layouts or {}, delegate=delegate)
    assert_same(lowered, run_onnx(made, feeds) if expected is None else expected)
    return lowered


def check_both(
    made: onnx.ModelProto,
    feeds: Mapping[str, Array],
    layouts: Mapping[str, str] | None = None,
    expected: Sequence[Array] | None = None,
) -> tuple[Lowered, Lowered]:
    want = run_onnx(made, feeds) if expected is None else expected
    return check_onnx(made, feeds, layouts, want), check_tflite(made, feeds, layouts, want)


def single(op: str, shape: Sequence[int], weights: Mapping[str, Array] | None = None, *, opset: int = OPSET,
           dtype: str = "float32", **attributes: Any) -> tuple[onnx.ModelProto, dict[str, Array]]:  # fmt: skip
    """One operator on input 'x' (its other inputs are the weights, in order), and a clip to feed it."""
    made = model([node(op, ["x", *(weights or {})], ["y"], **attributes)], {"x": shape}, ["y"], weights,
                 opset=opset, dtype=dtype)  # fmt: skip
    return made, {"x": Weights(7, dtype).clip(*shape)}


def reasons(made: onnx.ModelProto, *, tflite: bool = False) -> tuple[str, ...]:
    """Why the model is refused."""
    backend = TfliteBackend() if tflite else OnnxBackend(OPSET)
    with pytest.raises(ModelError, match=r"operator\(s\) of the model cannot be lowered to 4D") as refused:
        lower(graph_of(made), backend)
    assert refused.value.message.startswith(f"{len(refused.value.reasons)} operator")
    return refused.value.reasons


def refusal(check: Callable[[], object]) -> str:
    """The reason when the one operator of a model is refused; '' when the check passes."""
    try:
        check()
    except ModelError as error:
        return error.reasons[0]
    return ""


def everywhere(
    nodes: Sequence[Node],
    shapes: Mapping[str, Sequence[int]],
    weights: Mapping[str, Array] | None = None,
    layouts: Mapping[str, str] | None = None,
    *,
    outputs: Sequence[str] = ("y",),
    opset: int = OPSET,
    double: bool = True,
) -> tuple[Lowered, Lowered]:
    """Float64 by the reference evaluator (where asked for), float32 by ONNX Runtime and by LiteRT."""

    def case(dtype: str) -> tuple[onnx.ModelProto, dict[str, Array]]:
        cast = {n: a.astype(dtype) if a.dtype.kind == "f" else a for n, a in (weights or {}).items()}
        made = model(nodes, shapes, outputs, cast, opset=opset, dtype=dtype)
        return made, {n: Weights(11 + i, dtype).clip(*s) for i, (n, s) in enumerate(shapes.items())}

    if double:
        check_onnx(*case("float64"), layouts)
    return check_both(*case("float32"), layouts)
