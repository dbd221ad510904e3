"""Runs every candidate in its child process and compares it with its reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgeconv.core.child import ChildDied, ChildHung
from edgeconv.core.layout import Array
from edgeconv.core.matrix import Matrix
from edgeconv.core.report import Gate, ParityPair
from edgeconv.parity.ends import End, collect
from edgeconv.parity.gates import gate_exact, gate_float, gate_quantized
from edgeconv.parity.metrics import failed_pair, pair
from edgeconv.profiles import ParityProfile
from edgeconv.runtimes import Feed, Head, Measured, RunRequest, run_model


@dataclass(frozen=True)
class Candidate:
    """One artifact in one runtime."""

    name: str
    """As reports call it: 'int8 TFLite (litert)'."""
    reference: str
    """Name of the candidate (or 'PyTorch') it is compared with."""
    runtime: str
    model: Path
    feeds: tuple[Feed, ...]
    quantized: bool
    across: bool = True
    """Float artifacts: the reference ran in another runtime."""
    outputs: tuple[End, ...] = ()
    """In the order of the file; () where it holds all of them as the source does."""
    raw_inputs: Path | None = None
    raw_outputs: Path | None = None
    head: Head | None = None
    """`model` takes one frame at a time, and this one what it gave for all of them."""
    exact: bool = False
    """It must give what its reference gives, to the last bit."""


@dataclass
class ParityRun:
    pairs: list[ParityPair] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    measured: dict[str, Measured] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)
    outputs: dict[str, tuple[Array, ...]] = field(default_factory=dict)
    """By candidate, and 'PyTorch': [clips, ...] per output, float32, in the source's order of axes."""
    hung: dict[str, str] = field(default_factory=dict)
    """What was said of runtimes that gave no answer in time."""
    matrices: tuple[Matrix, ...] = ()
    """Filled by whoever runs them."""


def run_parity(
    candidates: Sequence[Candidate],
    known: dict[str, tuple[Array, ...]],
    names: Sequence[str],
    profile: ParityProfile,
    scratch: Path,
    threads: int,
    progress: Callable[[str], None],
) -> ParityRun:
    """Run all candidates in order; `known` holds outputs by name that are there already (PyTorch's).

    A candidate whose reference is not known becomes a reference itself and is not compared (the original ONNX of a
    model that came without PyTorch). A crash is a finding: a pair without numbers, and failed gates.
    """
    run = ParityRun(outputs=known)
    failed: set[str] = set()
    for number, candidate in enumerate(candidates):
        progress(candidate.name)
        outputs = scratch / f"outputs_{number}.npy"
        request = RunRequest(
            runtime=candidate.runtime,
            model=candidate.model,
            feeds=candidate.feeds,
            outputs=outputs,
            raw_inputs=candidate.raw_inputs,
            raw_outputs=candidate.raw_outputs,
            head=candidate.head,
            threads=threads,
        )
        try:
            result = run_model(request, profile.timeout)
        except ChildDied as died:
            finding = "; ".join((died.message, *died.reasons))
            if isinstance(died, ChildHung):
                run.hung[candidate.runtime] = died.message
            _judge(run, failed_pair(candidate.reference, candidate.name, finding), candidate, profile)
            failed.add(candidate.name)
            continue
        got = collect(outputs, result.value.outputs, candidate.outputs)
        known[candidate.name] = got
        run.measured[candidate.name] = result.value
        run.peaks[candidate.name] = result.peak_mib
        if candidate.reference in failed:
            finding = f"its reference, {candidate.reference}, gave no outputs"
            _judge(run, failed_pair(candidate.reference, candidate.name, finding), candidate, profile)
        elif candidate.reference in known:
            expected = known[candidate.reference]
            saturated, ends = result.value.saturated, [end.name for end in candidate.outputs]
            ends = ends or [f"output {i}" for i in range(len(got))]
            try:
                compared = pair(candidate.reference, candidate.name, names, expected, got, saturated, ends)
            except ValueError as error:
                compared = failed_pair(candidate.reference, candidate.name, str(error))
            _judge(run, compared, candidate, profile)
    return run


def _judge(run: ParityRun, compared: ParityPair, candidate: Candidate, profile: ParityProfile) -> None:
    run.pairs.append(compared)
    if candidate.exact:
        run.gates.append(gate_exact(compared))
        return
    limit = profile.runtime_relative if candidate.across else profile.float_relative
    run.gates += gate_quantized(compared, profile) if candidate.quantized else [gate_float(compared, limit)]
