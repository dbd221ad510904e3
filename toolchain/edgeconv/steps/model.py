"""Lower, simplify, convert, quantize: from the exported ONNX to the three delivered models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from edgeconv import __version__, gates, inspection, lowering, runtimes, sources, targets, tflite, video
from edgeconv.core.report import Lowering, Quantization
from edgeconv.core.summary import TensorInfo
from edgeconv.steps.state import FLOAT, INT8, ONNX, Converted, Quantized, Road, feeds


def _layouts(described: sources.Description, graph: lowering.SourceGraph) -> Mapping[str, str]:
    return {i.name: i.layout for i in described.inputs if i.layout and i.name in graph.inputs}


def lower(road: Road, described: sources.Description) -> tuple[Lowering, lowering.Trace]:
    with road.watch.stage("lower"):
        graph = lowering.load_graph(road.original)
        before = inspection.inspect_file(road.original)
        folded = lowering.fold_batch_norms(graph)
        backend = lowering.OnnxBackend(road.profile.onnx.opset)
        trace = lowering.lower(graph, backend, _layouts(described, graph))
        backend.save(road.staged.scratch / "lowered.onnx")
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
        outcome = lowering.simplify(
            road.staged.scratch / "lowered.onnx", road.file(ONNX), road.profile.parity.float_relative
        )
        summary = road.summaries[ONNX] = inspection.inspect_file(road.file(ONNX))
        road.gates += gates.gate_onnx(ONNX, summary, road.profile.onnx, len(trace.moves))
    what = f"onnxsim: {outcome.nodes_before} → {outcome.nodes_after} nodes" if outcome.simplified else "left as lowered"
    rank = f"rank ≤ {summary.max_rank}, {summary.count('Transpose')} Transpose"
    road.done("simplify", f"{what}; {rank}; inputs {', '.join(p.name for p in trace.inputs)}", outcome.notes)


def convert(road: Road, described: sources.Description) -> Converted:
    with road.watch.stage("convert"):
        graph = lowering.load_graph(road.original)
        lowering.fold_batch_norms(graph)
        lowering.equalize_channels(graph)
        lowering.merge_gelus(graph)
        backend = tflite.TfliteBackend()
        trace = lowering.lower(graph, backend, _layouts(described, graph))
        road.tflite_transposes = tuple(trace.transposes)
        tflite.optimize(backend.graph)
        graph_of_file, delivered = _folded(road, backend.graph, trace)
        write_tflite(road, FLOAT, graph_of_file, "float32")
        if road.frames != road.file(FLOAT):  # calibration runs in frames, whatever fold is delivered
            road.frames.write_bytes(tflite.write(backend.graph, f"edgeconv {__version__}, float32"))
        summary = road.summaries[FLOAT]
    fold = f", {road.profile.fold} fold"
    road.done("convert", f"{len(summary.ops)} TFLite operators, {summary.count('TRANSPOSE')} TRANSPOSE{fold}")
    return Converted(backend.graph, trace, delivered)


def _folded(
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


def gate_int8(road: Road, name: str, **ends: str) -> int:
    """Gate a full-int8 file; `ends` are the types of its input and output where they are not the profile's.

    Returns:
        The XNNPACK partitions that LiteRT makes of it.
    """
    partitions = runtimes.count_partitions(road.file(name), road.profile.threads).value.partitions or 0
    wanted = road.profile.tflite.model_copy(update=ends)
    road.gates += gates.gate_int8(name, road.summaries[name], wanted, partitions)
    return partitions


def _stripped(trace: lowering.Trace, made: tflite.Stripped) -> lowering.Trace:
    shapes = {made.graph.ports[n]: made.graph.shape(n) for n in (*made.graph.inputs, *made.graph.outputs)}
    forms = made.inputs
    inputs = [
        replace(p, physical=shapes[p.name], frames=forms[p.name].frames, tail=forms[p.name].tail) for p in trace.inputs
    ]
    return replace(trace, inputs=inputs, outputs=[replace(p, physical=shapes[p.name]) for p in trace.outputs])


def quantize(road: Road, converted: Converted, described: sources.Description, calibration: video.Samples) -> Quantized:
    graph, trace = converted.graph, converted.trace
    with road.watch.stage("quantize"):
        moments = road.staged.scratch / "moments.npz"
        found = runtimes.tensor_ranges(
            runtimes.RangesRequest(
                model=road.frames,
                feeds=feeds(trace, road.clips["calibration"]),
                tensors=tflite.measured_tensors(graph),
                patches=_patches(graph),
                moments=moments,
                threads=road.profile.threads,
            )
        )
        road.watch.saw(found.peak_mib)
        recipe = tflite.Recipe(
            input_dtype=road.profile.tflite.input_dtype,
            output_dtype=road.profile.tflite.output_dtype,
            output_margin=road.profile.tflite.output_margin,
        )
        ranges = _ranges(graph, found.value.stats, _input_ranges(road, trace, described, calibration))
        with np.load(moments) as arrays:
            quantized = tflite.quantize(graph, ranges, recipe, tflite.read_moments(dict(arrays)))
        tails = {port.name: port.tail for port in converted.delivered.inputs}
        write_tflite(road, INT8, _folded(road, quantized, trace, tails)[0], "full int8")
        partitions = gate_int8(road, INT8)
    summary = road.summaries[INT8]
    road.done("quantize", f"full int8, {summary.bytes / 1e6:.1f} MB, {partitions} XNNPACK partition(s) in LiteRT")
    return Quantized(quantized, tuple(meaning(t) for t in (*summary.inputs, *summary.outputs)))


def meaning(tensor: TensorInfo) -> Quantization:
    """What the integers of a tensor mean."""
    return Quantization(
        tensor=tensor.name,
        dtype=tensor.dtype,
        shape=tensor.shape,
        scale=tensor.scales[0],
        zero_point=tensor.zero_points[0],
    )


def _patches(graph: tflite.Graph) -> dict[str, runtimes.Patch]:
    """The windows that convolutions and dense layers look through, by output tensor."""
    patches = {}
    for op in graph.ops:
        if op.kind not in ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"):
            continue
        shape = graph.shape(op.inputs[1])
        window = shape[1:3] if op.kind == "CONV_2D" else (1, 1)
        dilation = op.options.get("dilationHFactor", 1), op.options.get("dilationWFactor", 1)
        patches[op.outputs[0]] = runtimes.Patch(
            tensor=op.inputs[0],
            height=window[0],
            width=window[1],
            dilation_h=dilation[0],
            dilation_w=dilation[1],
            second=op.kind != "DEPTHWISE_CONV_2D",
        )
    return patches


def _ranges(
    graph: tflite.Graph, stats: Mapping[str, runtimes.TensorStats], inputs: Sequence[tflite.Range]
) -> dict[str, tflite.Range]:
    """Clipped where that lowers the error; all that was seen for the outputs."""
    ranges = tflite.chosen_ranges(graph, stats)
    ranges |= dict(zip(graph.inputs, inputs, strict=True))
    return tflite.complete_ranges(graph, ranges)


def _input_ranges(
    road: Road, trace: lowering.Trace, described: sources.Description, calibration: video.Samples
) -> list[tflite.Range]:
    """All of 0..255 for an input of pixels, all that was seen for any other; in the order of the model's inputs."""
    found = {}
    for info, array in zip(described.inputs, calibration.arrays, strict=True):
        pixels = video.pixel_values(info, road.profile.video, calibration.info)
        found[info.name] = pixels.range if pixels else (float(array.min()), float(array.max()))
    return [found[port.name] for port in trace.inputs]
