"""The parity matrix: what every runtime gives with each set of kernels, on one thread and on several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from edgeconv import lowering, parity, runtimes, targets
from edgeconv.core.child import ChildDied
from edgeconv.core.layout import Array
from edgeconv.core.matrix import Matrix
from edgeconv.core.numbered import numbered
from edgeconv.core.summary import TensorInfo
from edgeconv.steps.state import FLOAT, INT8, ONNX, Road, ends, feeds

OWN, XNNPACK = parity.OWN, parity.XNNPACK
FLOAT_CLIPS = 1
"""Float sums differ by their order whatever the clip, and a float clip of a full network takes seconds in each cell."""


def run_matrices(road: Road, run: parity.ParityRun, onnx: lowering.Trace, lite: lowering.Trace) -> None:
    """Of the int8 file and of the float ones, into `run`; what `verify` ran already is not run again."""
    with road.watch.stage("parity matrix"):
        run.matrices = made = (_of_int8(road, run, lite), _of_float(road, run, onnx, lite))
    road.gates += chain.from_iterable(map(parity.gate_matrix, made))
    cells, pairs = sum(len(m.cells) for m in made), [p for m in made for p in m.pairs]
    road.done(
        "parity matrix",
        f"{cells} ways to run the files, {len(pairs)} pairs (int8 on {made[0].clips} clips, float on {made[1].clips}), "
        f"{sum(not p.passed for p in pairs)} farther apart than expected",
        tuple(f"{m.file} in {c.name}: {c.failure}" for m in made for c in m.cells if c.failure),
    )


def _of_int8(road: Road, run: parity.ParityRun, lite: lowering.Trace) -> Matrix:
    file = parity.CellFile(road.file(INT8), feeds(lite, road.clips["verification"]), ends(lite))
    judges = _installed(road)
    threads, clips = road.profile.threads, road.profile.parity.matrix_clips
    had = [_had(run, f"int8 TFLite ({r})", parity.CellKey(r, XNNPACK, threads), clips) for r in judges]
    # Where XNNPACK takes nothing, both sets of kernels are one, and this is what ran.
    alone = [cell.key.runtime for cell in had if cell.outputs and not cell.delegated]
    had = [_as_own(cell) if cell.key.runtime in alone else cell for cell in had]
    keys = [k for k in parity.cell_keys(judges, threads) if k.kernels == OWN or k.runtime not in alone]
    cells = _run(road, run, keys, dict.fromkeys(judges, file), had, clips)
    summary = road.summaries[INT8]
    steps = [tensor.scales[0] if tensor.scales else 0.0 for tensor in summary.outputs]
    in_steps = all(steps)
    units = tuple(steps) if in_steps else _magnitudes(cells)
    subject = parity.Subject(
        name="int8 TFLite",
        quantized=True,
        in_steps=in_steps,
        allowed=parity.Allowed(
            noise=_noise(road, run, judges, lite),
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
        _had(run, "ONNX (lowered)", parity.CellKey("onnxruntime", "", threads), FLOAT_CLIPS),
        _had(run, "fp32 TFLite (litert)", parity.CellKey("litert", XNNPACK, threads), FLOAT_CLIPS),
    ]
    cells = _run(road, run, parity.cell_keys(files, threads), files, had, FLOAT_CLIPS)
    if "PyTorch" in run.outputs:
        cells = [parity.Cell(parity.CellKey("PyTorch"), _first(run.outputs["PyTorch"], FLOAT_CLIPS)), *cells]
    allowed = parity.Allowed(units=_magnitudes(cells), least=road.profile.parity.runtime_relative)
    subject = parity.Subject("fp32", quantized=False, in_steps=False, allowed=allowed)
    return parity.compare_cells(subject, cells)


def _installed(road: Road) -> list[str]:
    return [r for r in road.profile.parity.runtimes if runtimes.available(r)]


def _run(
    road: Road,
    run: parity.ParityRun,
    keys: Sequence[parity.CellKey],
    files: Mapping[str, parity.CellFile],
    had: Sequence[parity.Cell],
    clips: int,
) -> list[parity.Cell]:
    scratch = road.staged.scratch
    there = {cell.key: cell for cell in had}
    watch, timeout = road.watch, road.profile.parity.timeout
    told = watch.progress.detail
    return list(parity.run_cells(keys, files, there, clips, scratch, told, watch.saw, run.hung, timeout))


def _had(run: parity.ParityRun, candidate: str, key: parity.CellKey, clips: int) -> parity.Cell:
    """What `verify` got, or why it got nothing: a runtime that hangs is not waited for twice."""
    if candidate in run.measured:
        return parity.Cell(key, _first(run.outputs[candidate], clips), bool(run.measured[candidate].partitions))
    return parity.Cell(key, failure=next(p.failure for p in run.pairs if p.candidate == candidate))


def _first(outputs: Sequence[Array], clips: int) -> tuple[Array, ...]:
    return tuple(output[:clips] for output in outputs)


def _as_own(cell: parity.Cell) -> parity.Cell:
    return replace(cell, key=replace(cell.key, kernels=OWN))


def _magnitudes(cells: Sequence[parity.Cell]) -> tuple[float, ...]:
    """Of each output; never 0."""
    outputs = next((cell.outputs for cell in cells if cell.outputs), ())
    return tuple(float(np.abs(output).max()) or 1.0 for output in outputs)


def _noise(road: Road, run: parity.ParityRun, judges: Sequence[str], lite: lowering.Trace) -> tuple[float, ...]:
    """What int8 costs each output: its typical RMS error, in the runtime where that is least.

    Float is fed with what int8 was fed: the rounding of the input is none of the kernels' doing.
    """
    given = [run.outputs[name] for r in judges if (name := f"int8 TFLite ({r})") in run.measured]
    if not given:
        return ()
    fed = next(road.staged.scratch / f"raw_in_{r}.npy" for r in judges if f"int8 TFLite ({r})" in run.measured)
    outputs = road.staged.scratch / "float_of_int8.npy"
    try:
        result = runtimes.run_model(
            runtimes.RunRequest(
                runtime="litert",
                model=road.file(FLOAT),
                feeds=_dequantized(fed, road.summaries[INT8].inputs),
                outputs=outputs,
                threads=road.profile.threads,
            )
        )
    except ChildDied:  # the gate of the float file tells of it; without a yardstick a step is all that is allowed
        return ()
    road.watch.saw(result.peak_mib)
    reference = parity.collect(outputs, result.value.outputs, ends(lite))
    by_judge = (map(parity.typical_error, outputs, reference, road.summaries[INT8].outputs) for outputs in given)
    return tuple(map(min, zip(*by_judge, strict=True)))


def _dequantized(fed: Path, tensors: Sequence[TensorInfo]) -> tuple[runtimes.Feed, ...]:
    made = []
    for index, tensor in enumerate(tensors):
        path = numbered(fed.with_name("fed_as_float.npy"), index)
        clips = np.load(numbered(fed, index), mmap_mode="r")
        zero, scale = (tensor.zero_points[0], tensor.scales[0]) if tensor.scales else (0, 1.0)
        np.save(path, (clips.astype(np.float32) - zero) * np.float32(scale))
        made.append(runtimes.Feed(clips=path, perm=tuple(range(clips.ndim - 1)), physical=clips.shape[1:]))
    return tuple(made)
