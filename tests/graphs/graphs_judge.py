"""Three ways to one answer: torch eager, the lowered ONNX in ONNX Runtime, the emitted TFLite in LiteRT."""

from __future__ import annotations

import io
import logging
import warnings
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from graphs_spec import Array, Network, Spec

from edgeconv.core.errors import ModelError
from edgeconv.core.summary import ModelSummary
from edgeconv.inspection import inspect_file
from edgeconv.layerwise import LayersRequest
from edgeconv.layerwise.compare import compare
from edgeconv.lowering import OnnxBackend, Trace, fold_batch_norms, graph_of, lower
from edgeconv.tflite import TfliteBackend, optimize, write

OPSET = 18
TOLERANCE = {"onnx": 1e-5, "tflite": 1e-4, "xnnpack": 1e-4}
"""Largest difference over the scale of the expected output."""
KERNELS = {"tflite": OpResolverType.BUILTIN_REF, "xnnpack": OpResolverType.AUTO}


@dataclass(frozen=True)
class Finding:
    """Something that must not be."""

    stage: str
    """'onnx', 'layers' (of it), 'tflite' or 'xnnpack' (the TFLite file under its delegate)."""
    kind: str
    """'refused', 'crash', 'structure', 'shape' or 'value'."""
    text: str
    measured: float = 0.0
    tolerance: float = 0.0

    def is_like(self, other: Finding) -> bool:
        """Of the same stage and kind; a crash of the same error, a refusal of the same operator."""
        word = self.kind not in ("crash", "refused") or self.text.split()[0] == other.text.split()[0]
        return word and (self.stage, self.kind) == (other.stage, other.kind)


@dataclass
class Verdict:
    """What came of one graph."""

    findings: list[Finding] = field(default_factory=list)
    worst: dict[str, float] = field(default_factory=dict)
    """Largest difference over scale, by stage."""
    transposes: Counter[str] = field(default_factory=Counter)
    layers: int = 0
    """Values of the exported graph that were compared with their counterparts."""
    model: bytes = b""
    """As exported from torch."""
    unexportable: str = ""
    """Why torch's exporter gave up: it loses sizes behind a Pad, and wants them for adaptive pools and norms."""


@dataclass(frozen=True)
class Case:
    """A graph that was exported, and what torch says to one clip."""

    spec: Spec
    model: bytes
    feed: Array
    expected: Sequence[Array]


def judge(spec: Spec) -> Verdict:
    """Export, lower, emit, run and compare."""
    network = Network(spec)
    try:
        model = exported(network)
    except torch.onnx.errors.SymbolicValueError as error:
        return Verdict(unexportable=str(error).splitlines()[0])
    return judge_case(Case(spec, model, network.feed(), network.expected()))


def judge_case(case: Case) -> Verdict:
    verdict = Verdict(model=case.model)
    with TemporaryDirectory() as name:
        folder = Path(name)
        _guarded(verdict, "onnx", lambda: _judge_onnx(verdict, case, folder / "lowered.onnx"))
        _guarded(verdict, "tflite", lambda: _judge_tflite(verdict, case, folder / "emitted.tflite"))
    return verdict


def _guarded(verdict: Verdict, stage: str, work: Callable[[], None]) -> None:
    """A refusal or a crash is an outcome like any other: it is reduced and kept."""
    try:
        work()
    except ModelError as error:
        verdict.findings.append(Finding(stage, "refused", "; ".join(error.reasons) or error.message))
    except Exception as error:  # noqa: BLE001
        verdict.findings.append(
            Finding(stage, "crash", f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")
        )


def exported(network: Network) -> bytes:
    """By the TorchScript exporter. With an even seed it folds BatchNorms, with an odd one that is left to us."""
    mode = torch.onnx.TrainingMode.PRESERVE if network.spec.seed % 2 else torch.onnx.TrainingMode.EVAL
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    file = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(), (torch.from_numpy(network.feed()),), file, dynamo=False, opset_version=OPSET, training=mode,
            input_names=["clip"], output_names=[f"y{i}" for i in range(len(network.spec.outputs))],
        )  # fmt: skip
    return file.getvalue()


def lowered(model: bytes, spec: Spec, backend: OnnxBackend | TfliteBackend) -> Trace:
    graph = graph_of(onnx.load_from_string(model))
    fold_batch_norms(graph)
    return lower(graph, backend, {"clip": spec.layout} if spec.layout != "?" else {})


def _judge_onnx(verdict: Verdict, case: Case, path: Path) -> None:
    backend = OnnxBackend(OPSET)
    trace = lowered(case.model, case.spec, backend)
    path.write_bytes(backend.model().SerializeToString())
    _structure(verdict, "onnx", inspect_file(path), trace)
    session = onnxruntime.InferenceSession(str(path), _options(), providers=["CPUExecutionProvider"])
    got = session.run(None, {"clip": physical_form(case.feed, trace.inputs[0])})
    _compare(verdict, "onnx", [logical_form(a, p) for a, p in zip(got, trace.outputs, strict=True)], case.expected)
    _layers(verdict, case.model, trace, path)


def _layers(verdict: Verdict, model: bytes, trace: Trace, path: Path) -> None:
    """Every value of the exported graph that the lowered one has too; each layer is judged by what reaches it.

    ONNX's shape inference is wrong for some pools in ceil mode: ONNX Runtime then does not load what torch exported.
    """
    original = path.with_name("original.onnx")
    original.write_bytes(model)
    try:
        onnxruntime.InferenceSession(model, _options(), providers=["CPUExecutionProvider"])
    except onnxruntime.capi.onnxruntime_pybind11_state.Fail:
        return
    found = compare(
        LayersRequest(
            original=original, lowered=path, delivered=path, counterparts=tuple(trace.counterparts),
            inputs=tuple(trace.inputs), outputs=tuple(trace.outputs), samples=1, threads=1,
        )
    )  # fmt: skip
    verdict.layers = found.compared
    for layer in found.culprits[:1]:
        text = f"{layer.op} '{layer.value}' {list(layer.shape)} differs by {layer.relative:.1e} of its scale"
        verdict.findings.append(Finding("layers", "value", text, layer.relative, found.tolerance))


def _options() -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    return options


def _judge_tflite(verdict: Verdict, case: Case, path: Path) -> None:
    backend = TfliteBackend()
    trace = lowered(case.model, case.spec, backend)
    optimize(backend.graph)
    path.write_bytes(write(backend.graph, "random graph"))
    _structure(verdict, "tflite", inspect_file(path), trace)
    verdict.transposes.update(trace.transposes)
    for stage, kernels in KERNELS.items():
        run = Interpreter(str(path), num_threads=1, experimental_op_resolver_type=kernels)
        run.allocate_tensors()
        run.set_tensor(run.get_input_details()[0]["index"], physical_form(case.feed, trace.inputs[0]))
        run.invoke()
        got = [run.get_tensor(d["index"]) for d in run.get_output_details()]
        _compare(verdict, stage, [logical_form(a, p) for a, p in zip(got, trace.outputs, strict=True)], case.expected)


def _structure(verdict: Verdict, stage: str, summary: ModelSummary, trace: Trace) -> None:
    """Read back from the file: rank <= 4, no 3D operator, no transpose that is not listed."""
    moves = summary.count("Transpose") + summary.count("TRANSPOSE")
    deep = [o.op for o in summary.ops if any(len(t.shape) > 4 for t in o.tensors) or "3D" in o.op]
    if summary.max_rank > 4 or deep:
        verdict.findings.append(Finding(stage, "structure", f"rank {summary.max_rank}; {deep}"))
    if moves > len(trace.transposes) or (stage == "onnx" and moves != len(trace.transposes)):  # equal ones are shared
        verdict.findings.append(
            Finding(stage, "structure", f"{moves} transposes, {len(trace.transposes)} listed: {trace.transposes}")
        )
    if not summary.ops or -1 in (d for t in summary.tensors for d in t.shape):
        verdict.findings.append(Finding(stage, "structure", "no operator, or a shape left open"))


def physical_form(array: Array, port: Any) -> Array:
    assert array.shape == port.logical
    return np.ascontiguousarray(array.transpose(port.perm)).reshape(port.physical)


def logical_form(array: Array, port: Any) -> Array:
    assert array.shape == port.physical, (array.shape, port.physical)
    return array.reshape([port.logical[a] for a in port.perm]).transpose(np.argsort(port.perm))


def _compare(verdict: Verdict, stage: str, got: Sequence[Array], expected: Sequence[Array]) -> None:
    for i, (have, want) in enumerate(zip(got, expected, strict=True)):
        if have.shape != want.shape:
            verdict.findings.append(Finding(stage, "shape", f"output {i}: {have.shape}, not {want.shape}"))
            continue
        apart = float(np.abs(have - want).max() / np.abs(want).max())
        verdict.worst[stage] = max(apart, verdict.worst.get(stage, 0.0))
        if not apart <= TOLERANCE[stage]:
            text = f"output {i} {list(want.shape)} differs by {apart:.1e} of its scale"
            verdict.findings.append(Finding(stage, "value", text, apart, TOLERANCE[stage]))
