"""Every TFLite runtime really loads a small int8 model, written by edgeconv itself, and answers."""

from __future__ import annotations

from pathlib import Path

from edgeconv.cli.health.finding import Finding, State
from edgeconv.cli.health.probes import Done, TinyRequest
from edgeconv.core.child import call_once
from edgeconv.core.errors import EdgeconvError

PACKAGES = {"litert": "ai-edge-litert", "tflite-runtime": "tflite-runtime", "tensorflow": "tensorflow"}
NEEDED = ("litert", "tflite-runtime")
"""Broken, these make exports fail; but only LiteRT must be there."""


def check_runtimes(folder: Path) -> list[Finding]:
    """Run the model in all three; `folder` holds what they read and write."""
    model, clips = folder / "tiny.tflite", folder / "clips.npy"
    try:
        call_once(
            "edgeconv's writer",
            "edgeconv.cli.health.probes:write_tiny",
            TinyRequest(model=model, clips=clips),
            Done,
            120,
        )
        return [_check(runtime, model, clips) for runtime in PACKAGES]
    except (EdgeconvError, ImportError) as error:
        return [
            Finding(
                "Runtimes", "all of them", "broken", f"could not be tried: {_in_one_line(error)}", "mend the packages"
            )
        ]


def _check(runtime: str, model: Path, clips: Path) -> Finding:
    from edgeconv import runtimes

    if not runtimes.available(runtime):
        if runtime == "litert":
            return Finding("Runtimes", runtime, "broken", "not installed", f"pip install {PACKAGES[runtime]}")
        return Finding("Runtimes", runtime, "ok", "not installed (the others judge without it)")
    outputs = model.with_name(f"{runtime}.npy")
    feed = runtimes.Feed(clips=clips, perm=(0, 1), physical=(1, 4))
    request = runtimes.RunRequest(runtime=runtime, model=model, feeds=(feed,), outputs=outputs)
    try:
        measured = runtimes.run_model(request, timeout=120).value
    except EdgeconvError as error:
        state: State = "broken" if runtime in NEEDED else "note"
        mend = f"pip install --force-reinstall {PACKAGES[runtime]}"
        return Finding("Runtimes", runtime, state, f"does not run: {_in_one_line(error)}", mend)
    answer = _answer(outputs)
    if answer != [1, 2, 3, 4]:
        return Finding("Runtimes", runtime, "broken", f"answers {answer} instead of [1, 2, 3, 4]", "report this")
    return Finding("Runtimes", runtime, "ok", f"{measured.version} runs an int8 model")


def _answer(outputs: Path) -> list[float]:
    import numpy as np

    values: list[float] = np.load(outputs).reshape(-1).tolist()
    return values


def _in_one_line(error: Exception) -> str:
    message = error.message if isinstance(error, EdgeconvError) else str(error)
    last = error.reasons[-1:] if isinstance(error, EdgeconvError) else ()
    return "; ".join((" ".join(message.split()), *last))
