"""Find the compiler of a target, run it, read its result back from the file that it wrote."""

from __future__ import annotations

import re
from pathlib import Path

from edgeconv import inspection
from edgeconv.compilers.compiler import Compiler, Told
from edgeconv.compilers.edgetpu import EDGETPU
from edgeconv.compilers.process import locate, run
from edgeconv.compilers.vela import VELA
from edgeconv.core.errors import EdgeconvError
from edgeconv.core.report import Compilation, PlacedOp
from edgeconv.core.summary import ModelSummary

_COMPILERS: tuple[Compiler, ...] = (VELA, EDGETPU)
TIMEOUT = 1800.0


def compiler_of(target: str) -> Compiler | None:
    """The compiler that makes files for a target; None where the device runs the .tflite file itself."""
    return next((c for c in _COMPILERS if c.settings(target) is not None), None)


def compile_model(target: str, summary: ModelSummary, folder: Path, timeout: float = TIMEOUT) -> Compilation | None:
    """Compile a .tflite file for a target; whatever goes wrong in the compiler is told in the result.

    Args:
        summary: of the file, which lies in `folder`.
        folder: where the compiler runs and leaves its results.
        timeout: seconds.

    Returns:
        None where the target has no compiler.
    """
    compiler = compiler_of(target)
    if compiler is None:
        return None
    model = Path(summary.path).name
    arguments = compiler.arguments(target, model)
    begun = Compilation(
        target=target,
        model=model,
        compiler=compiler.name,
        outcome="absent",
        why=f"{compiler.name} is not installed here ({compiler.install}, or name it in {compiler.variable})",
        command=(compiler.program, *arguments),
        settings=compiler.settings(target) or {},
    )
    program = locate(compiler.program, compiler.variable)
    if program is None:
        return begun
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
            "version": _version(program, folder),
            "outcome": "compiled",
            "why": "",
            "file": compiled.name,
            "ops": _placed(summary, made, told, compiler.custom_op),
            "measures": told.measures,
        }
    )


def _failed(begun: Compilation, how: str, last_words: str) -> Compilation:
    why = f"{begun.compiler} {how}" + (f": {last_words}" if last_words else "")
    return begun.model_copy(update={"outcome": "failed", "why": why})


def _version(program: Path, folder: Path) -> str:
    found = re.search(r"\d+(\.\d+)+\S*", run([str(program), "--version"], folder, 60).output)
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
