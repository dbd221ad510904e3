"""Our Ethos-U verdicts against those of Vela, recorded op by op in ethosu_verdicts.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ethosu_cases import CASES
from ethosu_ops import write
from targets_builders import const, conv, make_op, model, tensor, unary

from edgeconv.core.summary import ModelSummary
from edgeconv.inspection import inspect_file
from edgeconv.targets import check

JUDGED = json.loads((Path(__file__).parent / "ethosu_verdicts.json").read_text())
"""'VERSION CONFIGURATION' -> case -> why Vela left it on the CPU, "CRASH: ..." where it ended."""
X = (1, 8, 8, 4)


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> ModelSummary:
    path = tmp_path_factory.mktemp("ethosu") / "suite.tflite"
    path.write_bytes(write(CASES))
    return inspect_file(path)


@pytest.mark.parametrize("judge", JUDGED)
def test_verdicts_equal_those_of_vela(judge: str, suite: ModelSummary) -> None:
    version, configuration = judge.split()
    ours = {op.name: op.verdict for op in check(suite, f"{configuration}@{version}").ops}
    vela = {
        name: "accelerated" if not (said := JUDGED[judge].get(name)) else "unsupported" if "CRASH" in said else "cpu"
        for name in CASES
    }
    assert {n: (ours[n], vela[n]) for n in CASES if ours[n] != vela[n]} == {}
    assert len(CASES) >= 60
    assert set(vela.values()) >= {"accelerated", "cpu"}


def test_the_plain_name_is_the_newest_vela(suite: ModelSummary) -> None:
    assert check(suite, "ethos-u55-256").ops == check(suite, "ethos-u55-256@5.2").ops
    assert check(suite, "ethos-u55-256").ops != check(suite, "ethos-u55-256@4.5").ops


def test_one_part_only_where_all_is_on_the_npu() -> None:
    assert check(model(conv(*X), conv(*X)), "ethos-u65-256").partitions == 1
    assert check(model(conv(*X), unary("SQRT", *X), conv(*X)), "ethos-u65-256").partitions is None


def test_a_file_that_vela_compiled() -> None:
    part = make_op("ethos-u", [tensor(*X), const(64, dtype="uint8")], [tensor(*X, name="y")], custom_code="ethos-u")
    found = check(model(part, unary("SOFTMAX", *X)), "ethos-u55-128")
    assert [o.verdict for o in found.ops] == ["accelerated", "cpu"]
    assert found.ops[1].reasons == ("Vela left it on the CPU.",)
    assert (found.partitions, found.judged_by) == (1, "Vela that made this file")


@pytest.mark.parametrize(
    ("target", "summary", "words"),
    [
        ("ethos-u55-256@4.5", model(conv(3, 8, 8, 4)), "--fold strip"),
        ("ethos-u55-256@4.5", model(conv(3, 8, 8, 4)), "an op returns to the NPU"),
        ("ethos-u65-512@4.5", model(conv(3, 8, 8, 4), conv(5, 8, 8, 4)), "up to 2 ops return to the NPU"),
        ("ethos-u55-256", model(make_op("MEAN", [tensor(3, 8, 8, 4)], [tensor(3, 4)], axes=(1, 2))), "one MEAN"),
        ("ethos-u55-256@4.5", model(unary("TRANSPOSE", *X, perm=(0, 3, 1, 2))), "Leave no TRANSPOSE"),
        ("ethos-u55-256", model(unary("STRIDED_SLICE", *X, strides=(1, 1, 1, 2))), "unit slice"),
        ("ethos-u55-256", model(conv(*X, dtype="float32")), "Quantize the whole file"),
        ("ethos-u85-512", model(unary("CONV_3D", *X, dtype="float32")), "Lower CONV_3D"),
    ],
)
def test_advice(target: str, summary: ModelSummary, words: str) -> None:
    assert any(words in line for line in check(summary, target).advice)
