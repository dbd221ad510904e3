"""The numbers to reach, each with where its measured value is found."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from results import Ratio, Results

RATIOS = {
    "onnxruntime / 4d-add": ("onnxruntime-3d", "eco-lite-4d-add"),
    "4d-add / onnx2tf": ("eco-lite-4d-add", "onnx2tf-4d-add"),
    "exact 3d / tensorflow": ("eco-lite-3d", "tensorflow-3d"),
}
"""Numerator and denominator, by contender."""


@dataclass(frozen=True)
class Goal:
    what: str
    bound: float
    at_least: bool
    show: Callable[[float], str]
    value: float | None
    """None: not measured."""
    detail: str = ""

    @property
    def reached(self) -> bool | None:
        if self.value is None:
            return None
        return self.value >= self.bound if self.at_least else self.value <= self.bound


def goals(results: Results) -> Iterator[Goal]:
    """Every goal with what was measured; of several models the worst counts."""
    costs = results.exports.models if results.exports else {}
    slowest = max(costs, key=lambda m: costs[m].seconds, default="")
    largest = max(costs, key=lambda m: costs[m].peak_gb, default="")
    yield Goal(
        "Default export, wall time", 60, False, "{:.1f} s".format, costs[slowest].seconds if costs else None, slowest
    )
    yield Goal(
        "Default export, peak memory", 5, False, "{:.2f} GB".format, costs[largest].peak_gb if costs else None, largest
    )
    yield _speed(
        results,
        "onnxruntime / 4d-add",
        "4D-add int8: times faster than ONNX Runtime fp32 on the 3D baseline",
        5.5,
        True,
    )
    yield _speed(
        results, "4d-add / onnx2tf", "4D-add int8: time relative to onnx2tf's int8 of the same 4D model", 0.65, False
    )
    yield _speed(
        results, "exact 3d / tensorflow", "Exact 3D int8: time relative to TensorFlow's CONV_3D file", 0.27, False
    )
    yield from _conv3d(results)
    yield from _lowerings(results)
    yield from _strips(results)
    for name, accuracy in results.accuracy.items():
        found = [(a, m) for m, agreements in accuracy.models.items() for a in agreements]
        mean, of_mean = min((a.cosine_mean, f"{m}, {a.runtime}") for a, m in found)
        least, of_least = min((a.cosine_min, f"{m}, {a.runtime}, {a.worst_clip}") for a, m in found)
        yield Goal(f"int8 vs fp32, mean cosine ({name} clips)", 0.985, True, "{:.4f}".format, mean, of_mean)
        yield Goal(f"int8 vs fp32, least cosine ({name} clips)", 0.93, True, "{:.4f}".format, least, of_least)


DOT_PRODUCTS = {"avx_vnni", "avx512_vnni", "amx_int8", "asimddp", "i8mm"}
"""Without one of these a CPU multiplies int8 hardly quicker than float32."""
SMALL = 32
"""MiB; what a graph of a thousand operators needs, however small its weights are."""


def _conv3d(results: Results) -> Iterator[Goal]:
    found = results.conv3d.networks if results.conv3d else {}
    what = "Exact 3D int8: times faster than TensorFlow's float CONV_3D file"
    slow = results.conv3d and not DOT_PRODUCTS & set(results.conv3d.conditions.machine.vector_units)
    where = "; a CPU without int8 dot products" if slow else ""
    for name in ("r3d_18", "eco_lite_3d"):
        faster = found[name].faster if name in found else None
        yield Goal(
            f"{what}, {name}", 3, True, _times, faster and faster.median, _spread(faster) + where if faster else ""
        )
    middle = statistics.median(s.faster.median for s in found.values()) if found else None
    yield Goal(f"{what}, median of the CNNs", 2, True, _times, middle, f"{len(found)} networks{where}")


def _lowerings(results: Results) -> Iterator[Goal]:
    costs = results.lowerings.networks if results.lowerings else {}
    slowest = max(costs, key=lambda n: costs[n].seconds, default="")
    yield Goal("Lowering, seconds", 5, False, "{:.1f} s".format, costs[slowest].seconds if costs else None, slowest)
    shares = {n: c.mebibytes / c.model_mebibytes for n, c in costs.items()}
    large = {n: s for n, s in shares.items() if costs[n].mebibytes > SMALL}
    what = "Lowering, memory over the model's size"
    for some, which in ((shares, ""), (large, f" (where it is above {SMALL} MiB)")):
        most = max(some, key=lambda n: some[n], default="")
        yield Goal(what + which, 3, False, _times, some.get(most), most)


def _strips(results: Results) -> Iterator[Goal]:
    compiled = [(v.on_cpu, f"{n}, {v.target}, Vela {v.version}") for n, s in results.strips.items() for v in s.strips]
    most, where = max(compiled, default=(None, ""))
    yield Goal("Strips: ops that Vela leaves on the CPU", 0, False, "{:.0f}".format, most, where if most else "")
    apart = [(most, n) for n, s in results.strips.items() for most in s.steps_apart.values()]
    most, where = max(apart, default=(None, ""))
    yield Goal("Strips: int8 steps away from frames", 0, False, "{:.0f}".format, most, where if most else "")
    speeds = results.strip_speeds
    slow = max(speeds.networks, key=lambda n: speeds.networks[n].slower.median) if speeds else ""
    slower = speeds.networks[slow].slower if speeds else None
    what = "Strips on a CPU: time relative to frames"
    yield Goal(what, 1.25, False, _times, slower and slower.median, f"{slow}; {_spread(slower)}" if slower else "")
    check = speeds.check if speeds else None
    yield Goal(
        "`edgeconv check`",
        2,
        False,
        "{:.2f} s".format,
        check and check.seconds,
        f"{check.megabytes:.0f} MB, {len(check.targets)} targets" if check else "",
    )


def _spread(ratio: Ratio) -> str:
    return f"quartiles {ratio.low:.2f} to {ratio.high:.2f}; of the least times {ratio.least:.2f}"


def _speed(results: Results, name: str, what: str, bound: float, at_least: bool) -> Goal:
    ratio = results.latency.ratios.get(name) if results.latency else None
    if ratio is None:
        return Goal(what, bound, at_least, _times, None)
    return Goal(what, bound, at_least, _times, ratio.median, _spread(ratio))


def _times(value: float) -> str:
    return f"{value:.2f}×"
