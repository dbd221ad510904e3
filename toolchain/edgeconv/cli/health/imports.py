"""Packages that can only be judged by importing them, and the codecs that PyAV was built with."""

from __future__ import annotations

from edgeconv.cli.health.finding import Finding
from edgeconv.cli.health.probes import CodecRequest, Imported, ImportRequest, Missing
from edgeconv.core.child import call_once
from edgeconv.core.errors import EdgeconvError

MODULES = {"torch": "torch", "onnx": "onnx", "onnxruntime": "onnxruntime", "onnxsim": "onnxsim"}
DECODERS = ("h264", "hevc", "mpeg4", "vp8", "vp9", "av1", "mjpeg", "png")
ENCODERS = ("mpeg4",)
"""Synthetic clips are encoded with it."""


def check_imports() -> list[Finding]:
    return [_check_import(name, module) for name, module in MODULES.items()]


def _check_import(name: str, module: str) -> Finding:
    try:
        note = call_once(
            f"import {module}", "edgeconv.cli.health.probes:load", ImportRequest(module=module), Imported, 300
        ).value.note
    except EdgeconvError as error:
        mend = f"pip install --force-reinstall {name}"
        return Finding("Imports", name, "broken", " ".join(error.message.split()), mend)
    if "CUDA" in note:
        return Finding(
            "Imports",
            name,
            "note",
            f"loads; {note}: several GB that exports do not use",
            "pip install torch --index-url https://download.pytorch.org/whl/cpu",
        )
    return Finding("Imports", name, "ok", f"loads{'; ' if note else ''}{note}")


def check_codecs() -> list[Finding]:
    request = CodecRequest(decoders=DECODERS, encoders=ENCODERS)
    try:
        missing = call_once("PyAV", "edgeconv.cli.health.probes:codecs", request, Missing, 120).value
    except EdgeconvError as error:
        mend = "pip install --force-reinstall av"
        return [Finding("Video", "PyAV", "broken", " ".join(error.message.split()), mend)]
    mend = "pip install --force-reinstall --only-binary av av"
    decoders, encoders = ", ".join(missing.decoders), ", ".join(missing.encoders)
    return [
        Finding("Video", "decoders", "note", f"missing: {decoders}", mend)
        if decoders
        else Finding("Video", "decoders", "ok", ", ".join(DECODERS)),
        Finding("Video", "encoders", "note", f"missing: {encoders}; give --calibration videos of your own", mend)
        if encoders
        else Finding("Video", "encoders", "ok", f"{', '.join(ENCODERS)} (for synthetic clips)"),
    ]
