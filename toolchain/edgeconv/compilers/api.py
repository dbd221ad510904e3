"""Find the compiler of a target, run it, read its result back from the file that it wrote."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from edgeconv import inspection
from edgeconv.compilers.compiler import Compiler, Told
from edgeconv.compilers.edgetpu import EDGETPU
from edgeconv.compilers.process import locate, run
from edgeconv.compilers.vela import VELA
from edgeconv.core.errors import EdgeconvError, UsageError
from edgeconv.core.report import Compilation, PlacedOp
from edgeconv.core.summary import ModelSummary
from edgeconv.profiles import VelaProfile

_COMPILERS: tuple[Compiler, ...] = (VELA, EDGETPU)
TIMEOUT = 1800.0
_DEFAULT = VelaProfile()


def compiler_of(target: str) -> Compiler | None:
    """The compiler that makes files for a target; None where the device runs the .tflite file itself."""
    return next((c for c in _COMPILERS if c.serves(target)), None)


def all_compilers() -> tuple[Compiler, ...]:
    return _COMPILERS


def installed(compiler: Compiler) -> str | None:
    """Version of a compiler on this machine; None: it is not here; empty: it does not tell."""
    program = locate(compiler.program, compiler.variable)
    return None if program is None else _version(program)


def check_settings(target: str, wanted: VelaProfile) -> None:
    """Before anything heavy starts.

    Raises:
        UsageError: the compiler of the target does not have what is wanted, or the target has no compiler.
    """
    compiler = compiler_of(target)
    if compiler is not None:
        compiler.settings(target, wanted)
    elif wanted != VelaProfile():
        raise UsageError(
            f"the target '{target}' has no compiler, and the profile has settings for one",
            hint="leave the key 'compiler' out of the profile",
        )


def compile_model(
    target: str,
    summary: ModelSummary,
    folder: Path,
    wanted: VelaProfile = _DEFAULT,
    timeout: float = TIMEOUT,
) -> Compilation | None:
    """Compile a .tflite file for a target; whatever goes wrong in the compiler is told in the result.

    Args:
        target: NAME, or NAME@VERSION, which only this version of the compiler may serve.
        summary: of the file, which lies in `folder`.
        folder: where the compiler runs and leaves its results.
        wanted: settings that are not the device's default.
        timeout: seconds.

    Returns:
        None where the target has no compiler.

    Raises:
        UsageError: as :func:`check_settings`.
    """
    target, _, edition = target.partition("@")
    compiler = compiler_of(target)
    if compiler is None:
        return None
    model = Path(summary.path).name
    settings = compiler.settings(target, wanted)
    if wanted.config is not None:
        (folder / wanted.config.name).write_text(wanted.config.text, encoding="utf-8")
    program = locate(compiler.program, compiler.variable)
    version = edition if program is None else _version(program)
    arguments = compiler.arguments(settings, model, version)
    begun = Compilation(
        target=target,
        model=model,
        compiler=compiler.name,
        outcome="absent",
        why=f"{compiler.name} is not installed here ({compiler.install}, or name it in {compiler.variable})",
        command=(compiler.program, *arguments),
        settings=settings,
    )
    if program is None:
        return begun
    if edition and not is_version(version, edition):
        why = f"{compiler.name} {version or 'of unknown version'} is installed here, and {edition} is asked for"
        command = (compiler.program, *compiler.arguments(settings, model, edition))
        return begun.model_copy(update={"why": why, "command": command})
    ran = run([str(program), *arguments], folder, timeout)
    if ran.failure:
        return _failed(begun, ran.failure, ran.last_words())
    told = compiler.read(ran.output, folder)
    compiled = folder / compiler.compiled_name(model)
    try:
        made = inspection.inspect_file(compiled)
    except EdgeconvError as error:
        return _failed(begun, f"left no file that can be read ({error.message})", ran.last_words())
    return begun.model_copy(
        update={
            "version": version,
            "outcome": "compiled",
            "why": "",
            "file": compiled.name,
            "ops": _placed(summary, made, told, compiler.custom_op),
            "measures": told.measures,
        }
    )


def is_version(version: str, wanted: str) -> bool:
    """Whether '4.5.0' is a '4' or a '4.5'."""
    return f"{version}.".startswith(f"{wanted}.")


def _failed(begun: Compilation, how: str, last_words: str) -> Compilation:
    why = f"{begun.compiler} {how}" + (f": {last_words}" if last_words else "")
    return begun.model_copy(update={"outcome": "failed", "why": why})


@cache
def _version(program: Path) -> str:
    """An export asks for it several times: for the fold, and with every file; starting a compiler takes a second."""
    found = re.search(r"\d+(\.\d+)+\S*", run([str(program), "--version"], Path.cwd(), 60).output)
    return found[0] if found else ""


def _placed(given: ModelSummary, made: ModelSummary, told: Told, custom_op: str) -> tuple[PlacedOp, ...]:
    """An op is on the CPU when the compiled file still holds it, or when the compiler says so."""
    left = {t.name for op in made.ops if op.op != custom_op for t in op.outputs} | set(told.by_name)
    placed = []
    for op in given.ops:
        accelerated = not any(t.name in left for t in op.outputs)
        reasons = () if accelerated else told.reasons(op)
        placed.append(PlacedOp(index=op.index, op=op.op, name=op.name, accelerated=accelerated, reasons=reasons))
    return tuple(placed)
