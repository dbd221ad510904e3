"""The parity matrix: what every runtime gives with each set of kernels, on one thread and on several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np

from edgeconv import lowering, parity, runtimes, targets
from edgeconv.core.layout import Array
from edgeconv.core.report import Matrix
from edgeconv.core.summary import TensorInfo
from edgeconv.steps.state import FLOAT, INT8, ONNX, Road, ends, feeds

OWN, XNNPACK = parity.OWN, parity.XNNPACK


def run_matrices(road: Road, run: parity.ParityRun, onnx: lowering.Trace, lite: lowering.Trace) -> None:
    """Of the int8 file and of the float ones, into `run`; what `verify` ran already is not run again."""
    with road.watch.stage("parity matrix"):
        run.matrices = made = (_of_int8(road, run, lite), _of_float(road, run, onnx, lite))
    road.gates += chain.from_iterable(map(parity.gate_matrix, made))
    cells, pairs = sum(len(m.cells) for m in made), [p for m in made for p in m.pairs]
    road.done(
        "parity matrix",
        f"{cells} ways to run the files on {made[0].clips} clips, {len(pairs)} pairs, "
        f"{sum(not p.passed for p in pairs)} farther apart than expected",
        tuple(f"{m.file} in {c.name}: {c.failure}" for m in made for c in m.cells if c.failure),
    )


def _of_int8(road: Road, run: parity.ParityRun, lite: lowering.Trace) -> Matrix:
    file = parity.CellFile(road.file(INT8), feeds(lite, road.clips["verification"]), ends(lite))
    judges = _installed(road)
    had = [_had(road, run, f"int8 TFLite ({r})", parity.CellKey(r, XNNPACK, road.profile.threads)) for r in judges]
    # Where XNNPACK takes nothing, both sets of kernels are one, and this is what ran.
    alone = [cell.key.runtime for cell in had if cell.outputs and not cell.delegated]
    had = [_as_own(cell) if cell.key.runtime in alone else cell for cell in had]
    keys = [k for k in parity.cell_keys(judges, road.profile.threads) if k.kernels == OWN or k.runtime not in alone]
    cells = _run(road, keys, dict.fromkeys(judges, file), had)
    summary = road.summaries[INT8]
    steps = [tensor.scales[0] if tensor.scales else 0.0 for tensor in summary.outputs]
    in_steps = all(steps)
    units = tuple(steps) if in_steps else _magnitudes(cells)
    subject = parity.Subject(
        name="int8 TFLite",
        quantized=True,
        in_steps=in_steps,
        allowed=parity.Allowed(
            noise=_noise(run, judges, summary.outputs),
            units=units,
            least=parity.ROUNDING if in_steps else road.profile.parity.runtime_relative,
        ),
        operators={op.op for op in summary.ops},
        left={o.op for o in targets.check(summary, "litert").ops if o.verdict != "accelerated"},
    )
    made = parity.compare_cells(subject, cells)
    notes = tuple(f"XNNPACK of {runtime} takes no operator of this file: its own kernels run." for runtime in alone)
    return made.model_copy(update={"notes": notes})


def _of_float(road: Road, run: parity.ParityRun, onnx: lowering.Trace, lite: lowering.Trace) -> Matrix:
    clips, threads = road.clips["verification"], road.profile.threads
    tflite = parity.CellFile(road.file(FLOAT), feeds(lite, clips), ends(lite))
    files = {"onnxruntime": parity.CellFile(road.file(ONNX), feeds(onnx, clips), ends(onnx))}
    files |= dict.fromkeys(dict.fromkeys(("litert", *_installed(road))), tflite)
    had = [
        _had(road, run, "ONNX (lowered)", parity.CellKey("onnxruntime", "", threads)),
        _had(road, run, "fp32 TFLite (litert)", parity.CellKey("litert", XNNPACK, threads)),
    ]
    cells = _run(road, parity.cell_keys(files, threads), files, had)
    if "PyTorch" in run.outputs:
        cells = [parity.Cell(parity.CellKey("PyTorch"), _first(road, run.outputs["PyTorch"])), *cells]
    allowed = parity.Allowed(units=_magnitudes(cells), least=road.profile.parity.runtime_relative)
    subject = parity.Subject("fp32", quantized=False, in_steps=False, allowed=allowed)
    return parity.compare_cells(subject, cells)


def _installed(road: Road) -> list[str]:
    return [r for r in road.profile.parity.runtimes if runtimes.available(r)]


def _run(
    road: Road, keys: Sequence[parity.CellKey], files: Mapping[str, parity.CellFile], had: Sequence[parity.Cell]
) -> list[parity.Cell]:
    scratch, clips = road.staged.scratch, road.profile.parity.matrix_clips
    there = {cell.key: cell for cell in had}
    return list(parity.run_cells(keys, files, there, clips, scratch, road.watch.progress.detail, road.watch.saw))


def _had(road: Road, run: parity.ParityRun, candidate: str, key: parity.CellKey) -> parity.Cell:
    """What `verify` got, or why it got nothing: a runtime that hangs is not waited for twice."""
    if candidate in run.measured:
        return parity.Cell(key, _first(road, run.outputs[candidate]), bool(run.measured[candidate].partitions))
    return parity.Cell(key, failure=next(p.failure for p in run.pairs if p.candidate == candidate))


def _first(road: Road, outputs: Sequence[Array]) -> tuple[Array, ...]:
    return tuple(output[: road.profile.parity.matrix_clips] for output in outputs)


def _as_own(cell: parity.Cell) -> parity.Cell:
    return replace(cell, key=replace(cell.key, kernels=OWN))


def _magnitudes(cells: Sequence[parity.Cell]) -> tuple[float, ...]:
    """Of each output; never 0."""
    outputs = next((cell.outputs for cell in cells if cell.outputs), ())
    return tuple(float(np.abs(output).max()) or 1.0 for output in outputs)


def _noise(run: parity.ParityRun, judges: Sequence[str], tensors: Sequence[TensorInfo]) -> tuple[float, ...]:
    """What int8 costs on all verification clips, RMS per output, in the runtime where it costs least."""
    reference = run.outputs.get("PyTorch") or run.outputs.get("ONNX (original)")
    given = [run.outputs[name] for r in judges if (name := f"int8 TFLite ({r})") in run.outputs]
    if not reference or not given:
        return ()
    by_judge = (map(parity.error_of, outputs, reference, tensors) for outputs in given)
    return tuple(map(min, zip(*by_judge, strict=True)))
