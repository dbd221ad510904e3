"""What Vela said of the networks, kept in ``recorded.json``: by target and version the ops on the CPU, each with why.

Run as a program it asks the Vela that ``EDGECONV_VELA`` names (or the one on PATH), each network in a file of its own,
and writes its answers into the file.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path

from vela_cases import NETS
from vela_nets import Build, written

from edgeconv import compilers, inspection
from edgeconv.core.report import Compilation

TARGETS = ("ethos-u55-256", "ethos-u65-256", "ethos-u85-256")
FILE = Path(__file__).with_name("recorded.json")
Said = dict[str, str]
"""By output tensor of each op on the CPU: why."""


def compiled(nets: Mapping[str, Build], target: str) -> Compilation:
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "nets.tflite"
        model.write_bytes(written(nets))
        result = compilers.compile_model(target, inspection.inspect_file(model), Path(folder), timeout=300)
    assert result is not None
    assert result.outcome == "compiled", result.why
    return result


def on_cpu(result: Compilation) -> Said:
    return {op.name: "; ".join(op.reasons) for op in result.ops if not op.accelerated}


def recorded() -> dict[str, dict[str, Said]]:
    """By target, then by version."""
    data: dict[str, dict[str, Said]] = json.loads(FILE.read_text(encoding="utf-8"))
    return data


def main() -> None:
    known = recorded() if FILE.exists() else {}
    for target in TARGETS:
        results = [compiled({name: build}, target) for name, build in NETS.items()]
        said = {name: why for result in results for name, why in on_cpu(result).items()}
        known.setdefault(target, {})[results[0].version] = said
    FILE.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
