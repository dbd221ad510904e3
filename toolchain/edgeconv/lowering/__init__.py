"""Lowering: 5D to 4D on ONNX, exactly, by rules on the layout algebra."""

from __future__ import annotations

from collections.abc import Mapping

from edgeconv.core.backend import Backend
from edgeconv.core.errors import ModelError
from edgeconv.lowering.boundary import Port
from edgeconv.lowering.counterpart import Counterpart, composed
from edgeconv.lowering.engine import Trace, run
from edgeconv.lowering.equalize import equalize_channels
from edgeconv.lowering.fold import fold_batch_norms
from edgeconv.lowering.gelu import merge_gelus
from edgeconv.lowering.graph import SourceGraph, graph_of, load_graph
from edgeconv.lowering.onnx_backend import OnnxBackend
from edgeconv.lowering.planning import plan_layouts
from edgeconv.lowering.simplify import SimplifyOutcome, simplify

__all__ = [
    "Counterpart",
    "OnnxBackend",
    "Port",
    "SimplifyOutcome",
    "SourceGraph",
    "Trace",
    "composed",
    "equalize_channels",
    "fold_batch_norms",
    "graph_of",
    "load_graph",
    "lower",
    "merge_gelus",
    "simplify",
]


def lower(graph: SourceGraph, backend: Backend, layouts: Mapping[str, str] | None = None) -> Trace:
    """Lower a source graph into the 4D vocabulary of `backend` (channels first: ONNX; channels last: TFLite).

    Args:
        graph: from :func:`load_graph`; BatchNorms are best folded first (:func:`fold_batch_norms`).
        backend: receives the operators.
        layouts: axis names of inputs by input name, for example {'clip': 'NCTHW'}; a clip then enters as frames.

    Raises:
        ModelError: some operators cannot be lowered; all of them are listed, nothing is left in 5D.
    """
    planned = plan_layouts(graph, backend, layouts or {})
    trace = run(planned.graph if planned else graph, backend, layouts or {}, planned.plan if planned else None)
    if trace.refusals:
        raise ModelError(
            f"{len(trace.refusals)} operator(s) of the model cannot be lowered to 4D",
            reasons=[str(r) for r in trace.refusals],
        )
    return trace
