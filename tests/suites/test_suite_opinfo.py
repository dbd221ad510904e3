"""Every rank-5 sample that torch has for its 3D convolutions and pools: lowered = eager, or refused with a reason.

The tables hold the exact counts: a sample that changes sides, or a refusal that changes its reason, shows up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
import torch
from lowering_cases import FLOAT32, FLOAT64, Array, Lowered, assert_same, lower_onnx, lower_tflite
from opinfo_cases import OPERATORS, NotExportable, Sample, eager, samples, to_onnx

from edgeconv.core.errors import ModelError

SAME = "same"
EMPTY = "an empty batch"
INDICES = "MaxPool: its Indices output is used"
NO_FACTOR = "exporter: output size that are not factor of input size"


EXPECTED = {
    "conv3d": {SAME: 10},
    "conv_transpose3d": {SAME: 5},
    "max_pool3d": {SAME: 192, INDICES: 192},
    "avg_pool3d": {SAME: 7, EMPTY: 1},
    "adaptive_avg_pool3d": {SAME: 5, EMPTY: 1},
    "adaptive_max_pool3d": {SAME: 5, INDICES: 2, NO_FACTOR: 3},
}
"""Of the channels-first ONNX; NO_FACTOR are the samples that want indices too."""


EVALUATOR_CANNOT = {("conv_transpose3d", 1)}
"""onnx.reference holds one output channel per group of a ConvTranspose only (onnx 1.23)."""


def verdict(sample: Sample, dtype: torch.dtype, check: Callable[..., Lowered]) -> str:
    """'same', or why the sample is refused.

    Raises:
        AssertionError: it is lowered, but not to the same.
    """
    want: list[Array] = eager(sample, dtype)
    try:
        made = to_onnx(sample, dtype)
        lowered = check(made, {"x": sample.as_dtype(dtype)[1].numpy()}, {"x": "NCTHW"})
    except NotExportable as error:
        return "exporter: " + str(error).split(", ", 1)[1].split(". ")[0]
    except ModelError as error:
        return EMPTY if 0 in sample.x.shape else shortened(error.reasons[0])
    assert_same(lowered, want, FLOAT64 if dtype is torch.float64 else FLOAT32)
    return SAME


def shortened(reason: str) -> str:
    """'MaxPool 'y' on [..]: why (remedy)' without names and shapes."""
    found = re.fullmatch(r"(\w+) '.*?' on .*?: (.*?) \(.*\)", reason)
    assert found is not None, reason
    return f"{found[1]}: {found[2]}"


def count(op: str, dtype: torch.dtype, check: Callable[..., Lowered]) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    for sample in samples(op):
        if dtype is torch.float64 and (op, sample.index) in EVALUATOR_CANNOT:
            continue
        try:
            verdicts[verdict(sample, dtype, check)] += 1
        except Exception as error:
            raise AssertionError(f"{sample} fails") from error
    return verdicts


def test_the_samples_are_all_there() -> None:
    assert sum(len(samples(op)) for op in OPERATORS) == 423
    assert sum(sum(table.values()) for table in EXPECTED.values()) == 423


@pytest.mark.parametrize("op", OPERATORS)
def test_lowered_is_eager(op: str) -> None:
    assert count(op, torch.float32, lower_onnx) == EXPECTED[op]


@pytest.mark.parametrize("op", OPERATORS)
def test_lowered_is_eager_in_double_precision(op: str) -> None:
    """In the ONNX reference evaluator."""
    left_out = sum(name == op for name, _ in EVALUATOR_CANNOT)
    counted = count(op, torch.float64, lower_onnx)
    assert counted == {**EXPECTED[op], SAME: EXPECTED[op][SAME] - left_out}


@pytest.mark.parametrize("op", OPERATORS)
def test_tflite_is_eager(op: str) -> None:
    assert count(op, torch.float32, lower_tflite) == EXPECTED[op]
