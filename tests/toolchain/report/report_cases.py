"""A rich fake Report: about 120 op verdicts, 120 drift points, four parity pairs of which one may have crashed."""

from __future__ import annotations

from typing import Any

from report_fakes import FAILED_GATES, GATES, crashed, digest, drift_points, lowering, op_verdicts, pair

from edgeconv.core.report import (
    Artifact,
    Clip,
    ClipSet,
    Coverage,
    InputInfo,
    Provenance,
    Quantization,
    Report,
    SkippedClip,
    Source,
    Stage,
)


def build_report(*, failing: bool = False, crash: bool = False, **changes: Any) -> Report:
    base: dict[str, Any] = {
        "target": "raspberry-pi-5",
        "source": Source(
            name="eco-lite-3d",
            kind="built-in model",
            weights="untrained: seeded random weights (seed 0); accuracy means nothing here",
            untrained=True,
            exporter="torch.onnx dynamo",
            opset=18,
            parameters=37_512_048,
            macs=28_760_000_000,
            inputs=(InputInfo(name="clip", shape=(1, 3, 16, 224, 224), layout="NCTHW"),),
            options={"classes": "400", "segments": "16"},
        ),
        "stages": (
            Stage(name="source", status="ok", summary="eco-lite-3d loaded: 37.5 M parameters, ONNX opset 18"),
            Stage(
                name="lower",
                status="ok",
                summary="21 Conv3d → Conv2d, rank 5 → 4, 0 transposes left",
                notes=("largest difference 2.4e-7 of the output scale",),
            ),
            Stage(
                name="simplify",
                status="warning",
                summary="onnxsim made no change",
                notes=("pass fuse_pad_into_conv switched off after a failed check",),
            ),
            Stage(name="convert", status="ok", summary="ONNX → TFLite: 120 ops, 1 delegate partition"),
            Stage(name="quantize", status="ok", summary="int8 per channel, calibrated on 24 clips"),
            Stage(name="check", status="failed" if failing else "ok", summary="2 targets judged"),
            Stage(name="verify", status="failed" if failing else "ok", summary="4 pairs compared over 6 clips"),
            Stage(
                name="bundle",
                status="skipped" if failing else "ok",
                summary="not written, gates failed" if failing else "7 files",
            ),
        ),
        "gates": GATES[:4] + FAILED_GATES + GATES[4:] if failing else GATES,
        "clip_sets": (
            ClipSet(
                role="calibration",
                origin="synthetic moving shapes (seed 0)",
                synthetic=True,
                clips=tuple(
                    Clip(name=f"shapes{i:02d}#0", frames=tuple(range(0, 64, 4)), width=320, height=240)
                    for i in range(24)
                ),
            ),
            ClipSet(
                role="verification",
                origin="verification clips",
                synthetic=False,
                clips=tuple(
                    Clip(name=f"cam{i:02d}.mp4#{i % 2}", frames=tuple(range(2, 66, 4)), width=1920, height=1080)
                    for i in range(6)
                ),
                skipped=(
                    SkippedClip(name="broken.mp4", reason="no video stream could be decoded: moov atom not found"),
                    SkippedClip(name="short.avi#0", reason="9 frames, 16 needed"),
                ),
            ),
        ),
        "lowering": lowering(),
        "artifacts": (
            Artifact(
                file="eco_lite_4d.onnx",
                role="strict 4D ONNX, float32",
                bytes=150_200_311,
                sha256=digest("onnx"),
                ops={"Conv": 62, "Relu": 58},
                max_rank=4,
                dtypes={"float32": 300},
            ),
            Artifact(
                file="eco_lite_float.tflite",
                role="float32 reference",
                bytes=150_101_800,
                sha256=digest("float"),
                ops={"CONV_2D": 62},
                max_rank=4,
                dtypes={"float32": 300, "int32": 12},
            ),
            Artifact(
                file="eco_lite_int8.tflite",
                role="full int8, delivered",
                bytes=37_942_112,
                sha256=digest("int8"),
                ops={"CONV_2D": 62, "RESHAPE": 15, "ADD": 15, "CONCATENATION": 14, "DEPTHWISE_CONV_2D": 14},
                max_rank=4,
                dtypes={"int8": 340, "int32": 72},
            ),
        ),
        "parity": (
            pair("torch float32", "onnxruntime float32, 4D", 2e-6),
            pair("torch float32", "litert float32", 4e-6),
            pair("litert float32", "litert int8", 0.34, 0.833 if failing else 1.0),
            crashed("litert float32", "tflite-runtime 2.14 int8")
            if crash or failing
            else pair("litert int8", "tflite-runtime 2.14 int8", 0.0),
        ),
        "drift": drift_points(),
        "coverage": (
            Coverage(
                target="xnnpack (Cortex-A76)",
                summary="Everything runs in XNNPACK, in one partition.",
                judged_by="litert 2.3.0 delegate log",
                ops=op_verdicts(),
                partitions=1,
            ),
            Coverage(
                target="ethos-u55-256",
                summary="One op is unsupported and the concatenations fall back to the CPU.",
                judged_by="predicted from the file",
                ops=op_verdicts(target="ethos-u55"),
                advice=("Use the strip fold: it gives MEAN batch 1.",),
                warnings=("Predicted only: Vela was not found on this machine.",),
            ),
        ),
        "inputs": (
            Quantization(tensor="clip", dtype="int8", shape=(16, 224, 224, 3), scale=0.018658448, zero_point=-14),
        ),
        "outputs": (Quantization(tensor="logits", dtype="int8", shape=(1, 400), scale=0.0912, zero_point=3),),
        "provenance": Provenance(
            edgeconv="0.1.0",
            python="3.11.9",
            platform="Linux x86_64",
            packages={
                "torch": "2.13.0",
                "onnx": "1.23.2",
                "numpy": "1.26.4",
                "ai-edge-litert": "2.3.0",
                "tflite-runtime": "2.14.0",
            },
            profile="raspberry-pi-5",
            profile_sha256=digest("profile"),
            seed=0,
            judged_by=("litert 2.3.0", "tflite-runtime 2.14.0"),
        ),
        "warnings": (
            "Weights are untrained (seeded random): parity is proven, accuracy is not.",
            "Calibration clips are synthetic: calibrate with clips of your cameras before delivery.",
        ),
    }
    return Report(**{**base, **changes})
