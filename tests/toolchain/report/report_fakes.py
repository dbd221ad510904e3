"""The parts of the fake Report: metrics, pairs, op verdicts, drift, gates, lowering."""

from __future__ import annotations

import math
from hashlib import sha256

from edgeconv.core.drift import DriftPoint
from edgeconv.core.report import Gate, Lowering, Metrics, OpVerdict, ParityPair, Verdict


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def metrics(error: float, top1: float = 1.0) -> Metrics:
    relative = error / 8.4
    return Metrics(
        max_abs=error,
        relative=relative,
        cosine=1 - relative**2 * 2,
        sqnr_db=300.0 if error == 0 else -20 * math.log10(relative) + 6,
        top1=top1,
        top5=min(1.0, top1 + 0.15),
        saturated=0.0 if error < 0.1 else 0.0025,
    )


def pair(reference: str, candidate: str, error: float, top1: float = 1.0) -> ParityPair:
    clips = {
        f"cam{i:02d}.mp4#{i % 2}": metrics(error * (0.6 + 0.08 * i), 0.0 if i == 5 and top1 < 1 else 1.0)
        for i in range(6)
    }
    return ParityPair(
        reference=reference,
        candidate=candidate,
        mean=metrics(error * 0.8, top1),
        worst=metrics(error, 0.0 if top1 < 1 else 1.0),
        worst_clip="cam05.mp4#1",
        clips=clips,
    )


def crashed(reference: str, candidate: str) -> ParityPair:
    nothing = Metrics(
        max_abs=math.nan, relative=math.nan, cosine=math.nan, sqnr_db=math.nan, top1=0, top5=0, saturated=0
    )
    return ParityPair(
        reference=reference,
        candidate=candidate,
        mean=nothing,
        worst=nothing,
        worst_clip="",
        clips={},
        failure="child process ended with signal 6: MEAN version 3 is not registered (exit after 0.4 s)",
    )


def op_verdicts(total: int = 120, target: str = "xnnpack") -> tuple[OpVerdict, ...]:
    kinds = ("CONV_2D", "RESHAPE", "CONV_2D", "ADD", "DEPTHWISE_CONV_2D", "CONCATENATION", "CONV_2D", "PAD")
    found = []
    for i in range(total):
        op = "MEAN" if i == total - 2 else "FULLY_CONNECTED" if i == total - 1 else kinds[i % len(kinds)]
        side = max(7, 112 >> (i * 5 // total))
        channels = min(512, 64 << (i * 4 // total))
        verdict: Verdict = "accelerated"
        reasons: tuple[str, ...] = ()
        if target != "xnnpack" and op == "CONCATENATION":
            verdict, reasons = "cpu", (f"axis 3 joins {4 + i % 3} inputs, at most 4 are supported",)
        elif target != "xnnpack" and op == "MEAN":
            verdict, reasons = "unsupported", ("batch is 16, must be 1", "reduced axis has 12,544 elements, limit 4096")
        elif target != "xnnpack" and i == 40:
            verdict, reasons = "unknown", ("PAD with 5 paddings was never measured",)
        map_ = f"int8 [16, {side}, {side}, {channels}]"
        weights = (f"int8 [{channels}, 3, 3, {channels}]", f"int32 [{channels}]") if op == "CONV_2D" else ()
        taps = {"CONV_2D": 9 * channels, "DEPTHWISE_CONV_2D": 9, "FULLY_CONNECTED": 4}.get(op, 0)
        macs = 16 * side * side * channels * taps // 7
        found.append(
            OpVerdict(
                index=i,
                op=op,
                name=f"stage{i * 5 // total}/block{i % 9}/{op.lower()}_{i}",
                verdict=verdict,
                reasons=reasons,
                inputs=(map_, *weights),
                outputs=(map_,),
                bytes=16 * side * side * channels,
                macs=macs,
            )
        )
    return tuple(found)


def drift_points(total: int = 120) -> tuple[DriftPoint, ...]:
    found = []
    for i in range(total):
        db = (
            300.0
            if i < 2
            else 44 - 16 * i / total + 4 * math.sin(i * 1.7) - (9 if i in (total - 3, total - 4, 41) else 0)
        )
        found.append(
            DriftPoint(
                tensor=f"backbone/inception_{i // 12}/branch{i % 4}/relu_{i}",
                op="CONV_2D" if i % 3 else "ADD",
                sqnr_db=db,
                cosine=1 - 10 ** (-db / 10) / 2,
            )
        )
    return tuple(found)


GATES = (
    Gate(name="onnx: max rank", passed=True, measured="4", required="≤ 4"),
    Gate(name="onnx: lowered equals original", passed=True, measured="2.4e-7 of scale", required="≤ 1e-5 of scale"),
    Gate(name="tflite: max rank", passed=True, measured="4", required="≤ 4"),
    Gate(name="tflite: transposes", passed=True, measured="0", required="0"),
    Gate(name="tflite: all tensors int8 or int32", passed=True, measured="412 of 412", required="all"),
    Gate(name="tflite: no quantize inside", passed=True, measured="0", required="0"),
    Gate(name="tflite: op versions", passed=True, measured="MEAN v2", required="≤ tflite-runtime 2.14"),
    Gate(name="parity: float cosine worst (litert)", passed=True, measured="0.9999998", required="≥ 0.9999"),
    Gate(name="parity: int8 cosine mean (litert)", passed=True, measured="0.9987", required="≥ 0.99"),
    Gate(name="coverage: MACs accelerated (xnnpack)", passed=True, measured="100 %", required="≥ 95 %"),
)
FAILED_GATES = (
    Gate(
        name="parity: int8 top-1 agreement (litert)",
        passed=False,
        measured="83.3 %",
        required="≥ 90 %",
        detail="1 of 6 verification clips changed its class: cam05.mp4#1",
    ),
    Gate(name="coverage: unsupported ops (ethos-u55)", passed=False, measured="1 (MEAN)", required="0"),
)


def lowering() -> Lowering:
    return Lowering(
        ops_before={
            "Conv": 62,
            "Relu": 58,
            "MaxPool": 8,
            "AveragePool": 4,
            "Concat": 10,
            "Reshape": 3,
            "Transpose": 2,
            "Add": 4,
            "Flatten": 1,
            "Gemm": 1,
            "GlobalAveragePool": 1,
        },
        ops_after={
            "Conv": 62,
            "Relu": 58,
            "MaxPool": 8,
            "AveragePool": 4,
            "Concat": 31,
            "Slice": 63,
            "Add": 4,
            "Reshape": 5,
            "Gemm": 1,
            "ReduceMean": 1,
        },
        max_rank_before=5,
        max_rank_after=4,
        transposes=(),
        rules={"conv3d as time taps": 21, "pool whole volume": 1, "frames fold": 42},
    )
