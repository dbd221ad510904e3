"""onnxsim in a child process, and never trusted: its result must run and agree with what went in."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from edgeconv.core.child import ChildDied, call_once
from edgeconv.core.layout import Array

ATTEMPTS: tuple[dict[str, bool], ...] = (
    {},
    {"skip_constant_folding": True},
    {"perform_optimization": False},
)


class SimplifyRequest(BaseModel):
    source: Path
    target: Path
    options: dict[str, bool]
    tolerance: float
    """Largest allowed difference over the output's scale."""
    seed: int = 0


class Simplified(BaseModel):
    nodes_before: int
    nodes_after: int
    relative: float
    """Measured difference over the output's scale, ONNX Runtime, one seeded input."""


class SimplifyOutcome(BaseModel):
    """What came of it: the file is simplified, or the plain one with the reasons why."""

    simplified: bool
    nodes_before: int
    nodes_after: int
    relative: float
    notes: tuple[str, ...] = ()


def simplify(source: Path, target: Path, tolerance: float) -> SimplifyOutcome:
    """Simplify `source` into `target`: with fewer passes where onnxsim crashes or breaks the graph, else not at all."""
    notes: list[str] = []
    for options in ATTEMPTS:
        request = SimplifyRequest(source=source, target=target, options=options, tolerance=tolerance)
        try:
            done = call_once(
                "onnxsim", "edgeconv.lowering.simplify:run_onnxsim", request, Simplified, timeout=600
            ).value
        except ChildDied as died:
            notes.append(f"onnxsim with {options or 'all passes'}: {died.message}")
            continue
        if done.relative <= tolerance:
            return SimplifyOutcome(
                simplified=True,
                nodes_before=done.nodes_before,
                nodes_after=done.nodes_after,
                relative=done.relative,
                notes=tuple(notes),
            )
        notes.append(
            f"onnxsim with {options or 'all passes'} changed the outputs by {done.relative:.1e} of their scale"
        )
    shutil.copyfile(source, target)
    return SimplifyOutcome(simplified=False, nodes_before=0, nodes_after=0, relative=0.0, notes=tuple(notes))


def run_onnxsim(request: SimplifyRequest) -> Simplified:
    """Runs inside the child."""
    import sys

    sys.modules.setdefault("torch", None)  # type: ignore[arg-type]  # onnxsim's other tools load it: seconds, 200 MB
    import onnx
    import onnxruntime
    import onnxsim

    model = onnx.load(request.source)
    made, _ = onnxsim.simplify(model, check_n=0, **request.options)
    onnx.checker.check_model(made)
    onnx.save(made, request.target)
    generator = np.random.default_rng(request.seed)
    results = []
    feeds = None
    for path in (request.source, request.target):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        feeds = feeds or {i.name: _sample(generator, i.shape, i.type) for i in session.get_inputs()}
        results.append(session.run(None, feeds))
    relative = max(float(np.abs(a - b).max() / max(np.abs(a).max(), 1e-12)) for a, b in zip(*results, strict=True))
    return Simplified(nodes_before=len(model.graph.node), nodes_after=len(made.graph.node), relative=relative)


def _sample(generator: np.random.Generator, shape: list[int], kind: str) -> Array:
    """Normal values; zeros and ones for what is no float."""
    floats = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}
    if kind in floats:
        return generator.standard_normal(shape).astype(floats[kind])
    return generator.integers(0, 2, shape).astype(kind.removeprefix("tensor(").removesuffix(")"))
