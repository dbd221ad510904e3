"""Runs every candidate in its child process and compares it with its reference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from edgeconv.core.child import ChildDied
from edgeconv.core.layout import Array
from edgeconv.core.report import Gate, ParityPair
from edgeconv.parity.gates import gate_float, gate_quantized
from edgeconv.parity.metrics import failed_pair, pair
from edgeconv.profiles import ParityProfile
from edgeconv.runtimes import Feed, Measured, RunRequest, run_model


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
    perm: tuple[int, ...] = ()
    """Logical axes of the output in memory order, where the file holds them in another order."""
    logical: tuple[int, ...] = ()
    """Logical shape of the output of one clip; () keeps it as it is."""
    raw_inputs: Path | None = None
    raw_outputs: Path | None = None


@dataclass
class ParityRun:
    pairs: list[ParityPair] = field(default_factory=list)
    gates: list[Gate] = field(default_factory=list)
    measured: dict[str, Measured] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)


def run_parity(
    candidates: Sequence[Candidate],
    known: dict[str, Array],
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
    run = ParityRun()
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
            threads=threads,
        )
        try:
            result = run_model(request)
        except ChildDied as died:
            finding = "; ".join((died.message, *died.reasons))
            _judge(run, failed_pair(candidate.reference, candidate.name, finding), candidate, profile)
            failed.add(candidate.name)
            continue
        got = _logical(np.load(outputs), candidate)
        outputs.unlink()
        known[candidate.name] = got
        run.measured[candidate.name] = result.value
        run.peaks[candidate.name] = result.peak_mib
        if candidate.reference in failed:
            finding = f"its reference, {candidate.reference}, gave no outputs"
            _judge(run, failed_pair(candidate.reference, candidate.name, finding), candidate, profile)
        elif candidate.reference in known:
            expected = known[candidate.reference].reshape(got.shape)
            compared = pair(candidate.reference, candidate.name, names, expected, got, result.value.saturated)
            _judge(run, compared, candidate, profile)
    return run


def _judge(run: ParityRun, compared: ParityPair, candidate: Candidate, profile: ParityProfile) -> None:
    run.pairs.append(compared)
    limit = profile.runtime_relative if candidate.across else profile.float_relative
    run.gates += gate_quantized(compared, profile) if candidate.quantized else [gate_float(compared, limit)]


def _logical(array: Array, candidate: Candidate) -> Array:
    """Outputs [clips, ...physical] in the logical axis order of the source."""
    if not candidate.logical:
        return array
    in_memory = [candidate.logical[axis] for axis in candidate.perm]
    back = np.argsort(candidate.perm)
    return array.reshape(len(array), *in_memory).transpose(0, *(int(b) + 1 for b in back))
