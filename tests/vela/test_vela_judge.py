"""What is predicted for Ethos-U is what Vela does, op by op; and the XNNPACK partitions are LiteRT's."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from vela_cases import NETS
from vela_nets import written
from vela_recorded import TARGETS, Said, compiled, on_cpu, recorded

from edgeconv import compilers, inspection, targets
from edgeconv.compilers.process import locate
from edgeconv.core.summary import ModelSummary

VERSIONS = ("4.5.0", "5.2.0")
RECORDED = recorded()
DELEGATES = Path(__file__).parents[1] / "toolchain" / "targets" / "targets_delegates.py"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> ModelSummary:
    path = tmp_path_factory.mktemp("suite") / "nets.tflite"
    path.write_bytes(written(NETS))
    return inspection.inspect_file(path)


def predicted_on_cpu(summary: ModelSummary, target: str) -> set[str]:
    return {op.name for op in targets.check(summary, target).ops if op.verdict != "accelerated"}


def test_the_suite_is_large_and_every_recorded_op_is_in_it(suite: ModelSummary) -> None:
    assert len(NETS) >= 60
    assert {len(t.shape) for op in suite.ops for t in op.outputs} >= {2, 3, 4, 5}
    names = {op.name for op in suite.ops}
    assert {name for target in TARGETS for version in VERSIONS for name in RECORDED[target][version]} <= names


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("target", TARGETS)
def test_every_prediction_is_what_vela_did(suite: ModelSummary, target: str, version: str) -> None:
    rules = f"{target}@{version.rpartition('.')[0]}"
    assert predicted_on_cpu(suite, rules) == set(RECORDED[target][version])


@pytest.mark.parametrize("target", TARGETS)
def test_vela_here_does_what_was_recorded(target: str) -> None:
    """All networks in one file, so that one run judges them; the record has each from a file of its own."""
    found = compiled(NETS, target)
    assert found.version in RECORDED[target], f"record Vela {found.version}: python tests/vela/vela_recorded.py"
    assert _first_reasons(on_cpu(found)) == _first_reasons(RECORDED[target][found.version])


def _first_reasons(said: Said) -> dict[str, str]:
    """Input tensors are numbered through a file, so their names differ from file to file."""
    return {name: why.partition(";")[0] for name, why in said.items()}


def test_vela_is_installed_with_the_development_tools() -> None:
    compiler = compilers.compiler_of("ethos-u55-256")
    assert compiler is not None
    assert locate(compiler.program, compiler.variable), compiler.install


def test_partitions_are_those_that_litert_makes(tmp_path: Path) -> None:
    predicted = {}
    for name, build in NETS.items():
        path = tmp_path / f"{name}.tflite"
        path.write_bytes(written({name: build}))
        predicted[path.name] = targets.check(inspection.inspect_file(path), "litert").partitions
    files = [str(tmp_path / name) for name in predicted]
    done = subprocess.run([sys.executable, str(DELEGATES), *files], capture_output=True, text=True, check=True)
    assert predicted == json.loads(done.stdout.splitlines()[-1])
