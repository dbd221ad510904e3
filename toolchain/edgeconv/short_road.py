"""The short road: source → ONNX → lower → simplify → gate → compare layer by layer → one 4D .onnx."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from edgeconv import gates, inspection, layerwise, lowering, sources
from edgeconv.core.errors import UsageError
from edgeconv.core.progress import Progress, Silent, Stopwatch
from edgeconv.core.report import Gate, StageTiming
from edgeconv.core.staged_file import StagedFile
from edgeconv.core.summary import ModelSummary
from edgeconv.steps.lower_file import LoweredFile, LowerFileRequest, lower_in_child

OPSET = 18
"""Of what is exported, and of what is written unless another is asked for."""
OPSETS = range(18, 22)
"""What can be written: every operator of the 4D vocabulary is there, and the runtimes that we check with know it."""


@dataclass(frozen=True)
class LowerRequest:
    """What to lower, and where to."""

    spec: sources.SourceSpec
    out: Path
    opset: int = OPSET
    simplify: bool = True
    verify: bool = False
    """Compare original and lowered layer by layer."""
    threads: int = 2


@dataclass(frozen=True)
class LowerResult:
    """What came of it, read back from the files."""

    path: Path
    exported: sources.Exported
    lowered: LoweredFile
    before: ModelSummary
    after: ModelSummary
    simplified: lowering.SimplifyOutcome | None
    """None where no simplifier was asked for."""
    structure: tuple[Gate, ...]
    """What the file must look like."""
    verification: layerwise.Verification | None
    timings: tuple[StageTiming, ...]

    @property
    def gates(self) -> tuple[Gate, ...]:
        return (*self.structure, *(verification_gates(self.path.name, self.verification) if self.verification else ()))

    @property
    def passed(self) -> bool:
        return all(g.passed for g in self.gates)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was guessed, or went otherwise than planned."""
        return (*self.exported.notes, *(self.simplified.notes if self.simplified else ()))


def lower(request: LowerRequest, progress: Progress | None = None) -> LowerResult:
    """Write the 4D ONNX of a network.

    The file is written also when a gate fails, so that it can be looked at; the caller decides by ``result.passed``.
    Nothing is written when the source, the exporters or the lowering refuse.

    Raises:
        EdgeconvError: with every reason that the refusing station knows.
    """
    if request.opset not in OPSETS:
        raise UsageError(
            f"ONNX of opset {request.opset} cannot be written", hint=f"choose {OPSETS.start} to {OPSETS.stop - 1}"
        )
    watch = Stopwatch(progress or Silent())
    with StagedFile(request.out) as staged:
        original, plain = staged.scratch / "original.onnx", staged.scratch / "lowered" / staged.path.name
        plain.parent.mkdir()
        with watch.stage("export to ONNX"):
            exported = sources.export_onnx(request.spec, original, OPSET, request.threads)
            watch.saw(exported.peak_mib)
            before = inspection.inspect_file(original)
        with watch.stage("lower"):
            layouts = {i.name: i.layout for i in exported.value.inputs if i.layout}
            wanted = LowerFileRequest(source=original, target=plain, opset=request.opset, layouts=layouts)
            lowered = lower_in_child(wanted, request.threads)
            watch.saw(lowered.peak_mib)
        simplified = None
        if request.simplify and len(list(plain.parent.iterdir())) == 1:
            with watch.stage("simplify"):
                simplified = lowering.simplify(plain, staged.path, layerwise.TOLERANCE)
        else:  # past 2 GiB the weights lie beside the file, and no simplifier takes it
            shutil.copytree(plain.parent, staged.path.parent, dirs_exist_ok=True)
        after = inspection.inspect_file(staged.path)
        verification = _verify(request, original, plain, staged.path, lowered.value, watch) if request.verify else None
        staged.commit()
    return LowerResult(
        path=request.out,
        exported=exported.value,
        lowered=lowered.value,
        before=before,
        after=after,
        simplified=simplified,
        structure=gates.gate_4d(request.out.name, after),
        verification=verification,
        timings=tuple(watch.timings),
    )


def _verify(
    request: LowerRequest, original: Path, plain: Path, delivered: Path, lowered: LoweredFile, watch: Stopwatch
) -> layerwise.Verification:
    with watch.stage("compare layer by layer"):
        found = layerwise.compare_layers(
            layerwise.LayersRequest(
                original=original,
                lowered=plain,
                delivered=delivered,
                counterparts=lowered.counterparts,
                merged=lowered.merged,
                inputs=lowered.inputs,
                outputs=lowered.outputs,
                seed=request.spec.seed,
                threads=request.threads,
            )
        )
        watch.saw(found.peak_mib)
    return found.value


def verification_gates(file: str, found: layerwise.Verification) -> tuple[Gate, ...]:
    """The layers, and the outputs of the delivered file."""
    limit = f"at most {found.tolerance:.0e} of scale"
    if found.died:
        return (Gate(name=f"{file}: layer by layer", passed=False, measured="no answer", required=limit,
                     detail=found.died),)  # fmt: skip
    first = found.culprits[0] if found.culprits else None
    worst = max((o.relative for o in found.outputs), default=0.0)
    return (
        Gate(
            name=f"{file}: layers that differ by themselves",
            passed=not found.culprits,
            measured=str(len(found.culprits)),
            required="0",
            detail=f"the first is {first.op} '{first.value}'" if first else "",
        ),
        Gate(
            name=f"{file}: outputs",
            passed=worst <= found.tolerance,
            measured=f"{worst:.1e} of scale",
            required=limit,
            detail=", ".join(f"'{o.name}'" for o in found.outputs if o.relative > found.tolerance),
        ),
    )
