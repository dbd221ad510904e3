"""The installed Vela on a file: placement, numbers, and a file that it compiled."""

from __future__ import annotations

from pathlib import Path

import pytest
from compilers_cases import given
from vela_cases import NETS
from vela_nets import written

from edgeconv import compilers, inspection
from edgeconv.compilers.vela_log import cpu_reasons

VERSION_5 = """\
Warning (supported operators) operator: MEAN, ofm: 'head (1)/mean, all'
Reason: Batch > 1: 4, 7, 5, 16
Batch must be 1.

CPU operators = 2 (4.8%)
   CPU: Passthrough = head (1)/mean, all (outputs [1, 1, 1, 16])
   CPU: Passthrough = tile (outputs [1, 4, 120, 8])
NPU operators = 1 (95.2%)
   NPU: Add = add_6 (outputs [1, 10, 12, 8])
"""
VERSION_4_U85 = """\
Warning (supported operators) operator:None ofm:gelu_1
Reason: Unsupported opType
CPU performance estimation for "Passthrough" not implemented
"""
VERSION_4 = """\
Warning: Unsupported TensorFlow Lite semantics for ADD 'add_6'. Placing on CPU instead
 - Input(s) and Output tensors must not be greater than 4D
   Tensor 'add_6' has shape: [1, 2, 12, 10, 8]
Warning: MEAN 'mean_1' is not supported on the NPU. Placing on CPU instead
 - IFM Tensor batch size must be 1
   Tensor 'x' has batch size: 4
Info: GELU 'gelu_1' is a CPU only op

CPU operators = 1 (4.8%)
   CPU: Add = add_6 (inputs [1, 2, 12, 10, 8] [1, 2, 12, 10, 8], outputs [1, 2, 12, 10, 8])
"""


@pytest.mark.parametrize(
    ("output", "reasons"),
    [
        (VERSION_5, {"head (1)/mean, all": ("Batch > 1: 4, 7, 5, 16; Batch must be 1.",), "tile": ()}),
        (VERSION_4_U85, {"gelu_1": ("Unsupported opType",)}),
        (
            VERSION_4,
            {
                "add_6": (
                    "Input(s) and Output tensors must not be greater than 4D; "
                    "Tensor 'add_6' has shape: [1, 2, 12, 10, 8]",
                ),
                "mean_1": ("IFM Tensor batch size must be 1; Tensor 'x' has batch size: 4",),
                "gelu_1": ("GELU is a CPU only op",),
            },
        ),
        ("", {}),
    ],
)
def test_reasons_are_read_in_the_words_of_each_version(output: str, reasons: dict[str, tuple[str, ...]]) -> None:
    assert cpu_reasons(output) == reasons


@pytest.mark.parametrize("target", ["ethos-u55-64", "ethos-u65-512", "ethos-u85-2048"])
def test_vela_compiles(tmp_path: Path, target: str) -> None:
    made = compilers.compile_model(target, given(tmp_path), tmp_path)
    assert made is not None
    assert (made.outcome, made.count(True), made.count(False)) == ("compiled", 3, 0), made.why
    measures = {m.name: m for m in made.measures}
    assert measures["estimated time of the ops on the NPU"].unit == "ms"
    assert measures["cycles of the ops on the NPU"].value > measures["of these, cycles of arithmetic"].value / 2 > 0
    assert measures["SRAM used"].value > 0
    assert inspection.inspect_file(tmp_path / made.file).histogram == {"ethos-u": 1}


def test_the_same_file_compiles_to_the_same_bytes(tmp_path: Path) -> None:
    files = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        made = compilers.compile_model("ethos-u55-128", given(tmp_path / name), tmp_path / name)
        assert made is not None
        files.append((tmp_path / name / made.file).read_bytes())
    assert files[0] == files[1]


def test_an_op_on_the_cpu_has_velas_reason(tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    path.write_bytes(written({"net": NETS["mean_space_batch"]}))
    made = compilers.compile_model("ethos-u55-256", inspection.inspect_file(path), tmp_path)
    assert made is not None
    assert [(o.op, o.accelerated) for o in made.ops] == [("MEAN", False)]
    assert "Batch must be 1" in made.ops[0].reasons[0]
