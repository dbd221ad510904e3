"""Calibrate and quantize: from the float graph to the int8 file."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeconv import lowering, runtimes, sources, tflite, video
from edgeconv.steps.model import folded, gate_int8, meaning, write_tflite
from edgeconv.steps.state import INT8, Calibration, Converted, Quantized, Road, feeds


def calibrate(
    road: Road, converted: Converted, described: sources.Description, calibration: video.Samples
) -> Calibration:
    """Run the float file over the calibration clips."""
    graph, trace = converted.graph, converted.trace
    moments = road.staged.scratch / "moments.npz"
    with road.watch.stage("quantize"):
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
    stats = found.value.stats
    inputs = dict(zip(graph.inputs, _input_ranges(road, trace, described, calibration), strict=True))
    seen = {name: (s.low, s.high) for name, s in stats.items()}
    return Calibration(
        ranges=tflite.complete_ranges(graph, {**tflite.chosen_ranges(graph, stats), **inputs}),
        seen=tflite.complete_ranges(graph, {**seen, **inputs}),
        moments=moments,
    )


def quantize(road: Road, converted: Converted, calibrated: Calibration, wide: Mapping[str, tflite.Wide]) -> Quantized:
    """Write the int8 file, with `wide` tensors in other precisions, read it back and gate it."""
    with road.watch.stage("quantize"):
        quantized = quantized_graph(road, converted, calibrated, wide)
        tails = {port.name: port.tail for port in converted.delivered.inputs}
        write_tflite(road, INT8, folded(road, quantized, converted.trace, tails)[0], _what(wide))
        kept = tflite.wide_tensors(quantized) if wide else {}
        partitions = gate_int8(road, INT8, kept)
    summary = road.summaries[INT8]
    road.done("quantize", f"{_what(wide)}, {summary.bytes / 1e6:.1f} MB, {partitions} XNNPACK partition(s) in LiteRT")
    return Quantized(quantized, tuple(meaning(t) for t in (*summary.inputs, *summary.outputs)), kept)


def quantized_graph(
    road: Road, converted: Converted, calibrated: Calibration, wide: Mapping[str, tflite.Wide]
) -> tflite.Graph:
    """In frames fold."""
    recipe = tflite.Recipe(
        input_dtype=road.profile.tflite.input_dtype,
        output_dtype=road.profile.tflite.output_dtype,
        output_margin=road.profile.tflite.output_margin,
        wide=wide,
    )
    with np.load(calibrated.moments) as arrays:
        moments = tflite.read_moments(dict(arrays))
    return tflite.quantize(converted.graph, calibrated.ranges, recipe, moments, calibrated.seen)


def _what(wide: Mapping[str, tflite.Wide]) -> str:
    others = sorted(set(wide.values()))
    return f"int8 with {' and '.join(others)} where the recipe says so" if others else "full int8"


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


def _input_ranges(
    road: Road, trace: lowering.Trace, described: sources.Description, calibration: video.Samples
) -> list[tflite.Range]:
    """All of 0..255 for an input of pixels, all that was seen for any other; in the order of the model's inputs."""
    found = {}
    for info, array in zip(described.inputs, calibration.arrays, strict=True):
        pixels = video.pixel_values(info, road.profile.video, calibration.info)
        found[info.name] = pixels.range if pixels else (float(array.min()), float(array.max()))
    return [found[port.name] for port in trace.inputs]
