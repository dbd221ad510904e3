"""What run.py told on two architectures, side by side, and whether that is good."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Told = dict[str, Any]
"""What `run.py --self-test --json` prints."""


@dataclass(frozen=True)
class Judged:
    here: Told
    there: Told
    """With the kernels that a device uses."""
    reference_here: Told
    reference_there: Told
    """With TFLite's reference kernels, in which nothing depends on the machine."""

    def findings(self) -> Iterator[str]:
        for told in (self.here, self.there, self.reference_here, self.reference_there):
            yield from (f"{told['machine']}: {finding}" for finding in told["findings"])
        ours, theirs = (_answers(told) for told in (self.reference_here, self.reference_there))
        if not ours or ours.keys() != theirs.keys():
            yield f"other golden vectors were run: {sorted(ours)} here, {sorted(theirs)} there"
        for vector in ours.keys() & theirs.keys():
            if ours[vector] != theirs[vector]:
                yield f"{': '.join(vector)}: the reference kernels answer in other bytes there than here"

    def lines(self) -> Iterator[str]:
        runs = (self.here, self.there, self.reference_here, self.reference_there)
        for kernels, told in zip(("", "", " reference", " reference"), runs, strict=True):
            yield f"{told['machine']}, {told.get('runtime', 'not run')}{kernels} kernels, Python {told['python']}"
            for g in told["golden"]:
                apart = f"{g['different']} of {g['values']} values differ by up to {g['largest_difference']} steps"
                same = "equal, bit for bit" if not g["different"] else f"{apart} ({g['tolerance']} tolerated)"
                yield f"    {g['clip']}, {g['model']}: {same}"
            for model, times in told["milliseconds"].items():
                yield f"    {model}: {', '.join(f'{ms:.0f}' for ms in times)} ms"
            yield f"    peak {told['peak_mib']:.0f} MiB"


def _answers(told: Told) -> dict[tuple[str, str], str]:
    return {(g["clip"], g["model"]): g["sha256"] for g in told["golden"]}
