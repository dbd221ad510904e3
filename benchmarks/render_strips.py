"""The part of docs/benchmarks.md on strips."""

from __future__ import annotations

from collections.abc import Iterator

from markup import conditions, table
from results import Results, StripVela


def strips(results: Results) -> Iterator[str]:
    yield (
        "The same int8 network twice: a clip as a batch of frames, and as one tall image of batch 1 (`--fold strip`), "
        "which Coral and Vela 4 for Ethos-U55 and U65 need. Gaps between frames are cleared as the profile of the "
        "device says. Milliseconds are Vela's own estimates with the settings of the profiles; a file of which ops "
        "stay on the CPU has none of theirs in it. Two synthetic clips calibrate: this is about structure and time.\n"
    )
    rows = []
    for name, found in results.strips.items():
        runs = [
            (found.run("ethos-u55-256", "5", True), found.run("ethos-u55-256", "5", False)),
            (found.run("ethos-u65-256", "5", True), found.run("ethos-u65-256", "5", False)),
            (found.run("ethos-u55-256", "4", False),),
        ]
        rows.append((name, found.clip, *("; ".join(map(_run, pair)) for pair in runs)))
    head = ("Network", "Clip", "U55-256, Vela 5: frames; strips", "U65-256, Vela 5: frames; strips", "U55-256, Vela 4")
    yield table(head, rows, 3)
    yield table(
        ("Network", "Ops by file", "int8 steps away from frames"),
        [(n, _counts(s.ops), _counts(s.steps_apart)) for n, s in results.strips.items()],
        0,
    )
    if results.strip_speeds:
        speeds = results.strip_speeds
        yield (
            f"On a CPU: LiteRT, {speeds.threads} threads, {speeds.rounds} rounds in turns as above; the strips are "
            f"those of `{speeds.gaps}`. {conditions(speeds.conditions)}\n"
        )
        yield table(
            ("Network", "Frames, ms", "Strips, ms", "Times slower", "Quartile", "Quartile", "Of the least times"),
            [
                (n, f"{s.frames_ms:.1f}", f"{s.strip_ms:.1f}", *(f"{v:.2f}" for v in s.slower.in_order))
                for n, s in speeds.networks.items()
            ],
            6,
        )


def _run(run: StripVela | None) -> str:
    if run is None:
        return "–"
    left = f", {run.on_cpu} of {run.on_cpu + run.on_npu} ops on the CPU" if run.on_cpu else ""
    return f"{run.ms:.0f} ms, {run.sram_mib:.1f} MiB ({run.file}{left})"


def _counts(by_file: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in by_file.items())
