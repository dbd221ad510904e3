"""Regressions on disk: tests/regressions/<hash>/ holds what failed once and must not fail again."""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
from graphs_judge import Finding, judge
from graphs_reduce import fails_like, reduced
from graphs_spec import Array, Network, Spec

REGRESSIONS = Path(__file__).parents[1] / "regressions"
LARGEST = 100_000
"""Bytes of a model that is kept."""
_JUDGES = ("torch", "onnx", "onnxruntime", "ai-edge-litert", "numpy")


def store(spec: Spec, finding: Finding, folder: Path = REGRESSIONS) -> Path:
    """Keep a (reduced) graph: spec.json, meta.json, expected.npz (input and outputs), model.onnx where it is small."""
    text = spec.dumps()
    target = folder / hashlib.sha256(text.encode()).hexdigest()[:10]
    target.mkdir(parents=True, exist_ok=True)
    (target / "spec.json").write_text(text)
    meta = {
        "stage": finding.stage,
        "kind": finding.kind,
        "what": finding.text,
        "measured": finding.measured,
        "tolerance": finding.tolerance,
        "clip_seed": spec.seed,
        "versions": {name: version(name) for name in _JUDGES},
    }
    (target / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")
    network = Network(spec)
    arrays = {f"y{i}": a.astype(np.float32) for i, a in enumerate(network.expected())}
    np.savez_compressed(target / "expected.npz", clip=network.feed(), **arrays)
    model = judge(spec).model
    if 0 < len(model) <= LARGEST:
        (target / "model.onnx").write_bytes(model)
    return target


def keep(spec: Spec, finding: Finding, folder: Path = REGRESSIONS) -> str:
    """Reduce a failing graph, store it, and say so."""
    small = reduced(spec, fails_like(finding))
    found = next(f for f in judge(small).findings if f.is_like(finding))
    where = store(small, found, folder)
    what = f"{found.stage} {found.kind}: {found.text}"
    return f"seed {spec.seed}: {what}; reduced to {len(small.steps)} steps in {where.name}"


def stored(folder: Path = REGRESSIONS) -> list[Path]:
    return sorted(p.parent for p in folder.glob("*/spec.json"))


def load(case: Path) -> tuple[Spec, dict[str, Array]]:
    """The graph, and the arrays it was stored with: 'clip' as the model takes it, 'y0', 'y1', ..."""
    with np.load(case / "expected.npz") as arrays:
        return Spec.loads((case / "spec.json").read_text()), dict(arrays)
