"""Milliseconds per clip, all contenders in one process, in turns, so that a noisy moment hits them alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from conditions import CALM, Watch, wait_for_calm
from numpy.typing import NDArray
from results import Contender, Latency, Ratio
from subjects import Subject

Array = NDArray[Any]
THREADS = 2
REPEATS = 3
"""Timed runs of a contender in its turn, after one that is not timed; the turn counts with their median."""
PAUSE = 0.05
"""Seconds between turns: ONNX Runtime's threads spin on for a moment after a run."""
LEAST_COSINE = 0.9
"""A contender that strays further from PyTorch computes something else."""


@dataclass(frozen=True)
class Plan:
    """How many rounds, and how many seconds may be spent on waiting for a calm machine."""

    rounds: int = 15
    patience: float = 300


@dataclass(frozen=True)
class Round:
    times: dict[str, float]
    """Milliseconds by contender."""
    others: float
    """Share of the cores that other processes used meanwhile."""


@dataclass(frozen=True)
class Entry:
    """A model file and what runs it."""

    key: str
    title: str
    file: Path
    subject: Subject | None = None
    """Has clips and PyTorch's answers to check it against."""


@dataclass(frozen=True)
class Runner:
    """A loaded model: feed it a clip [1, 3, T, H, W], run it, read its logits."""

    feed: Callable[[Array], None]
    run: Callable[[], object]
    logits: Callable[[], Array]


def measure(
    entries: Sequence[Entry],
    ratios: dict[str, tuple[str, str]],
    skipped: dict[str, str],
    clips: Path,
    plan: Plan,
) -> Latency:
    """Time all entries; `ratios` names a numerator and a denominator each."""
    runners = {e.key: _load(e.file) for e in entries}
    cosines = {e.key: _check(e, runners[e.key]) for e in entries}
    clip = np.load(clips, mmap_mode="r")[0].copy()
    for runner in runners.values():
        runner.feed(clip)
        runner.run()
    watch = Watch()
    kept = rounds(runners, plan)
    times = {key: [r.times[key] for r in kept] for key in runners}
    return Latency(
        conditions=watch.conclude(statistics.fmean(r.others for r in kept)),
        threads=THREADS,
        rounds=len(kept),
        repeats=REPEATS,
        contenders={
            e.key: Contender(
                title=e.title,
                file_mb=round(e.file.stat().st_size / 1e6, 1),
                median_ms=round(statistics.median(times[e.key]), 1),
                min_ms=round(min(times[e.key]), 1),
                cosine=cosines[e.key],
            )
            for e in entries
        },
        ratios={n: ratio(times[a], times[b]) for n, (a, b) in ratios.items() if a in times and b in times},
        skipped=skipped,
    )


def rounds(runners: dict[str, Runner], plan: Plan) -> list[Round]:
    """Rounds until enough were calm, or the patience is at its end; then the calmest."""
    done: list[Round] = []
    keys, left = list(runners), plan.patience
    while len(done) < plan.rounds or (left > 0 and sum(r.others <= CALM for r in done) < plan.rounds):
        left = wait_for_calm(CALM, left)
        start, watch, shift = time.monotonic(), Watch(), len(done) % len(keys)
        times = {key: _turn(runners[key].run) for key in keys[shift:] + keys[:shift]}
        done.append(Round(times, watch.others()))
        if done[-1].others > CALM:
            left -= time.monotonic() - start
    return sorted(done, key=lambda r: r.others)[: plan.rounds]


def _turn(run: Callable[[], object]) -> float:
    time.sleep(PAUSE)
    run()
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        run()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def ratio(numerator: Sequence[float], denominator: Sequence[float]) -> Ratio:
    """Of two contenders' times, round by round."""
    each = [a / b for a, b in zip(numerator, denominator, strict=True)]
    low, middle, high = statistics.quantiles(each, n=4, method="inclusive")
    least = min(numerator) / min(denominator)
    return Ratio(median=round(middle, 3), low=round(low, 3), high=round(high, 3), least=round(least, 3))


def _check(entry: Entry, runner: Runner) -> float | None:
    """Mean cosine against PyTorch over the verification clips.

    Raises:
        RuntimeError: it is so far off that its time says nothing.
    """
    if entry.subject is None:
        return None
    found = []
    for clip, expected in zip(
        np.load(entry.subject.clips("verification"), mmap_mode="r"), np.load(entry.subject.reference), strict=True
    ):
        runner.feed(clip)
        runner.run()
        a, b = runner.logits().reshape(-1).astype(np.float64), expected.reshape(-1).astype(np.float64)
        found.append(float(a @ b / np.sqrt((a @ a) * (b @ b))))
    mean = statistics.fmean(found)
    if mean < LEAST_COSINE:
        raise RuntimeError(f"{entry.title}: mean cosine {mean:.3f} to PyTorch, so it is another function")
    return round(mean, 4)


def _load(file: Path) -> Runner:
    return _onnx_runtime(file) if file.suffix == ".onnx" else _litert(file)


def _onnx_runtime(file: Path) -> Runner:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    session = onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    name, fed, given = session.get_inputs()[0].name, {}, {}

    def feed(clip: Array) -> None:
        fed[name] = np.ascontiguousarray(clip)

    def run() -> None:
        given["logits"] = session.run(None, fed)[0]

    return Runner(feed, run, lambda: given["logits"])


def _litert(file: Path) -> Runner:
    from ai_edge_litert.interpreter import Interpreter

    from edgeconv.runtimes.tflite import dequantize, quantize_input

    interpreter = Interpreter(model_path=str(file), num_threads=THREADS)
    interpreter.allocate_tensors()
    source, sink = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def feed(clip: Array) -> None:
        frames = np.ascontiguousarray(clip[0].transpose(1, 2, 3, 0)).reshape(source["shape"])
        interpreter.set_tensor(source["index"], quantize_input(frames, source))

    return Runner(feed, interpreter.invoke, lambda: dequantize(interpreter.get_tensor(sink["index"]), sink))
