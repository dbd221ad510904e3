"""Lower, simplify, convert, quantize: from the exported ONNX to the three delivered models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edgeconv import __version__, gates, inspection, lowering, runtimes, sources, targets, tflite
from edgeconv.core.report import Lowering, Quantization
from edgeconv.core.summary import TensorInfo
from edgeconv.steps.lower_file import changed_values, producers
from edgeconv.steps.state import FLOAT, ONNX, Converted, Road


def _layouts(described: sources.Description, graph: lowering.SourceGraph) -> Mapping[str, str]:
    return {i.name: i.layout for i in described.inputs if i.layout and i.name in graph.inputs}


def lower(road: Road, described: sources.Description) -> tuple[Lowering, lowering.Trace]:
    with road.watch.stage("lower"):
        graph = lowering.load_graph(road.original)
        before = inspection.inspect_file(road.original)
        as_given = producers(graph)
        folded = lowering.fold_batch_norms(graph)
        road.changed[ONNX] = changed_values(as_given, producers(graph))
        backend = lowering.OnnxBackend(road.profile.onnx.opset)
        trace = lowering.lower(graph, backend, _layouts(described, graph))
        backend.save(road.lowered)
    road.done("lower", f"{len(before.ops)} operators up to rank {before.max_rank}; {folded} BatchNorms folded")
    return (
        Lowering(
            ops_before=before.histogram,
            ops_after={},
            max_rank_before=before.max_rank,
            max_rank_after=0,
            transposes=tuple(trace.transposes),
            fold=road.profile.fold,
            rules=dict(sorted(trace.rules.items())),
        ),
        trace,
    )


def simplify(road: Road, trace: lowering.Trace) -> None:
    with road.watch.stage("simplify"):
        outcome = lowering.simplify(road.lowered, road.file(ONNX), road.profile.parity.float_relative)
        summary = road.summaries[ONNX] = inspection.inspect_file(road.file(ONNX))
        road.gates += gates.gate_onnx(ONNX, summary, road.profile.onnx, len(trace.moves))
    what = f"onnxsim: {outcome.nodes_before} → {outcome.nodes_after} nodes" if outcome.simplified else "left as lowered"
    rank = f"rank ≤ {summary.max_rank}, {summary.count('Transpose')} Transpose"
    road.done("simplify", f"{what}; {rank}; inputs {', '.join(p.name for p in trace.inputs)}", outcome.notes)


def convert(road: Road, described: sources.Description) -> Converted:
    with road.watch.stage("convert"):
        graph = lowering.load_graph(road.original)
        as_given = producers(graph)
        lowering.fold_batch_norms(graph)
        lowering.equalize_channels(graph)
        lowering.merge_gelus(graph)
        road.changed[FLOAT] = changed_values(as_given, producers(graph))
        backend = tflite.TfliteBackend()
        trace = lowering.lower(graph, backend, _layouts(described, graph))
        road.tflite_transposes = tuple(trace.transposes)
        tflite.optimize(backend.graph)
        graph_of_file, delivered = folded(road, backend.graph, trace)
        write_tflite(road, FLOAT, graph_of_file, "float32")
        if road.frames != road.file(FLOAT):  # calibration runs in frames, whatever fold is delivered
            road.frames.write_bytes(tflite.write(backend.graph, f"edgeconv {__version__}, float32"))
        summary = road.summaries[FLOAT]
    fold = f", {road.profile.fold} fold"
    road.done("convert", f"{len(summary.ops)} TFLite operators, {summary.count('TRANSPOSE')} TRANSPOSE{fold}")
    return Converted(backend.graph, trace, delivered)


def folded(
    road: Road, graph: tflite.Graph, trace: lowering.Trace, tails: Mapping[str, int] | None = None
) -> tuple[tflite.Graph, lowering.Trace]:
    """The graph in the fold of the profile, and how its ends lie; strips as `tails` says, where a file has them so."""
    if road.profile.fold == "frames":
        return graph, trace
    stripped = tflite.to_strip(graph, tflite.Rezero(road.profile.gaps), tails)
    return stripped.graph, _stripped(trace, stripped)


def write_tflite(road: Road, name: str, graph: tflite.Graph, what: str) -> None:
    """Write a file, read it back and gate its structure."""
    road.file(name).write_bytes(tflite.write(graph, f"edgeconv {__version__}, {what}"))
    summary = road.summaries[name] = inspection.inspect_file(road.file(name))
    versions = targets.registered_versions(road.profile.tflite.op_versions)
    road.gates += gates.gate_tflite(name, summary, road.profile.tflite, versions, len(road.tflite_transposes))
    if road.profile.fold == "strip":
        road.gates.append(gates.gate_batch(name, summary))


def gate_int8(road: Road, name: str, wide: Mapping[str, str] | None = None, **ends: str) -> int:
    """Gate an int8 file.

    Args:
        wide: precisions of the computed tensors that a recipe keeps out of int8.
        ends: types of its input and output where they are not the profile's.

    Returns:
        The XNNPACK partitions that LiteRT makes of it.
    """
    partitions = runtimes.count_partitions(road.file(name), road.profile.threads).value.partitions or 0
    wanted = road.profile.tflite.model_copy(update=ends)
    road.gates += gates.gate_int8(name, road.summaries[name], wanted, partitions, wide)
    return partitions


def _stripped(trace: lowering.Trace, made: tflite.Stripped) -> lowering.Trace:
    shapes = {made.graph.ports[n]: made.graph.shape(n) for n in (*made.graph.inputs, *made.graph.outputs)}
    forms = made.inputs
    inputs = [
        replace(p, physical=shapes[p.name], frames=forms[p.name].frames, tail=forms[p.name].tail) for p in trace.inputs
    ]
    return replace(trace, inputs=inputs, outputs=[replace(p, physical=shapes[p.name]) for p in trace.outputs])


def meaning(tensor: TensorInfo) -> Quantization:
    """What the integers of a tensor mean."""
    return Quantization(
        tensor=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        scale=tensor.scales[0],
        zero_point=tensor.zero_points[0],
    )
