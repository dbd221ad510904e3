"""A narrow network on the real road up to its int8 file, whose layers can then be spoilt one by one."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx

from edgeconv import bundle, inspection, lowering, parity, runtimes, sources, tflite
from edgeconv.core.drift import DriftPoint
from edgeconv.core.progress import Silent, Stopwatch
from edgeconv.profiles import ClipsProfile, load_profile
from edgeconv.steps.model import convert, lower, simplify
from edgeconv.steps.quantizing import calibrate, quantized_graph
from edgeconv.steps.source import describe, prepare, read_clips
from edgeconv.steps.state import FLOAT, ONNX, Calibration, Converted, ExportRequest, Road, feeds

SMALL = {"num_frames": "8", "image_size": "64", "width": "0.5", "num_classes": "11"}
NETWORKS: Mapping[str, sources.SourceSpec] = {
    "eco-lite-4d-add": sources.resolve("eco-lite-4d-add", options=SMALL),
    "eco-lite-3d": sources.resolve("eco-lite-3d", options=SMALL),
    "r3d": sources.resolve(f"{Path(__file__).with_name('sabotage_nets.py')}:r3d"),
}
WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


@dataclass(frozen=True)
class Victim:
    """Files and findings of an export, before anything was spoilt."""

    road: Road
    described: sources.Description
    traced: lowering.Trace
    converted: Converted
    calibrated: Calibration
    int8: tflite.Graph

    def temporal(self, count: int, seed: int) -> list[onnx.NodeProto]:
        """Seeded convolutions of the original that see more than one frame: 3D ones, and 2D ones of the form d×1."""
        graph = onnx.load(self.road.original).graph
        kernels = {t.name: tuple(t.dims[2:]) for t in graph.initializer}
        found = [n for n in graph.node if n.op_type == "Conv" and _sees_time(kernels[n.input[1]])]
        picked = np.random.default_rng(seed).choice(len(found), count, replace=False)
        return [found[i] for i in picked]

    @contextmanager
    def reversed_in_time(self, conv: onnx.NodeProto) -> Iterator[tuple[lowering.Trace, Converted]]:
        """The 4D files of a network in which one convolution looks at time the other way round, beside the original
        in which it does not."""
        road = self.road
        kept = {p: p.read_bytes() for p in (road.original, road.lowered, road.file(ONNX), road.file(FLOAT))}
        made = onnx.load(road.original)
        weight = next(t for t in made.graph.initializer if t.name == conv.input[1])
        kernel = onnx.numpy_helper.to_array(weight)
        weight.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(kernel[:, :, ::-1]), weight.name))
        onnx.save(made, road.original)
        try:
            _, lowered = lower(road, self.described)
            road.file(ONNX).write_bytes(road.lowered.read_bytes())
            converted = convert(road, self.described)
            road.original.write_bytes(kept[road.original])
            yield lowered, converted
        finally:
            for path, data in kept.items():
                path.write_bytes(data)

    def first_told(self, conv: onnx.NodeProto, told: Collection[str]) -> str:
        """The first value at or behind a convolution that is among those that were compared."""
        name = conv.output[0]
        nodes = onnx.load(self.road.original).graph.node
        while name not in told:
            (name,) = (o for n in nodes if name in n.input for o in n.output)
        return name

    def layers(self, count: int, seed: int) -> list[tflite.Op]:
        """Seeded weighted layers of the int8 graph, none of them the last."""
        found = [op for op in self.int8.ops if op.kind in WEIGHTED and op.outputs[0] not in self.int8.outputs]
        picked = np.random.default_rng(seed).choice(len(found), count, replace=False)
        return [found[i] for i in picked]

    def drift(self, int8: tflite.Graph) -> tuple[DriftPoint, ...]:
        """What the report says of an int8 graph in place of the true one."""
        spoilt = self.road.staged.scratch / "spoilt.tflite"
        spoilt.write_bytes(tflite.write(int8, "spoilt"))
        request = runtimes.CompareRequest(
            reference=self.road.frames,
            candidate=spoilt,
            feeds=feeds(self.converted.trace, self.road.clips["verification"]),
            threads=1,
        )
        return parity.diagnose(runtimes.compare_tensors(request).value.tensors, inspection.inspect_file(spoilt))

    def weights_times(self, op: tflite.Op, factor: float) -> tflite.Graph:
        """The int8 graph with other scales of one layer's weights, as if a wrong float had come into the file."""
        made = copy.deepcopy(self.int8)
        for name in op.inputs[1:3]:
            tensor = made.tensors[name]
            assert tensor.quant is not None
            scales = tuple(factor * scale for scale in tensor.quant.scales)
            made.tensors[name] = replace(tensor, quant=replace(tensor.quant, scales=scales))
        return made

    def range_over(self, name: str, factor: float) -> tflite.Graph:
        """The int8 graph that comes of a calibration which saw a fraction of a tensor's values, and so of all tensors
        that share its scale."""
        ranges = dict(self.calibrated.ranges)
        for shared in tflite.same_scale(self.converted.graph, name):
            low, high = ranges[shared]
            ranges[shared] = low / factor, high / factor
        return quantized_graph(self.road, self.converted, replace(self.calibrated, ranges=ranges), {})


def _sees_time(kernel: tuple[int, ...]) -> bool:
    return kernel[0] > 1 and (len(kernel) == 3 or kernel[1] == 1)


@contextmanager
def victim(name: str, out: Path) -> Iterator[Victim]:
    few = ClipsProfile(clips=4)
    profile = load_profile("tflite").model_copy(update={"calibration": few, "verification": few, "threads": 1})
    with bundle.StagedFolder(out) as staged:
        road = Road(ExportRequest(NETWORKS[name], profile, out), staged, Stopwatch(Silent()))
        with sources.open_source(road.request.spec, 1) as session:
            described = describe(road, session)
            clips = read_clips(road, described)
            prepare(road, session, described)
        _, traced = lower(road, described)
        simplify(road, traced)
        converted = convert(road, described)
        calibrated = calibrate(road, converted, described, clips[0])
        yield Victim(road, described, traced, converted, calibrated, quantized_graph(road, converted, calibrated, {}))
