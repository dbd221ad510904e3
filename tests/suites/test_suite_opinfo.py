"""Every rank-5 sample that torch has for windows, pads, sizes: lowered = eager, or refused with a reason.

The tables hold the exact counts: a sample that changes sides, or a refusal that changes its reason, shows up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
import torch
from lowering_cases import FLOAT32, FLOAT64, Array, Lowered, assert_same, lower_onnx, lower_tflite
from opinfo_cases import NotExportable, Sample, eager, samples, to_onnx

from edgeconv.core.errors import ModelError

SAME = "same"
EMPTY = "an empty shape"
INDICES = "MaxPool: its Indices output is used"
NO_FACTOR = "exporter: output size that are not factor of input size"

EXPECTED = {
    "conv3d": {SAME: 10},
    "conv_transpose3d": {SAME: 5},
    "max_pool3d": {SAME: 192, INDICES: 192},
    "avg_pool3d": {SAME: 7, EMPTY: 1},
    "adaptive_avg_pool3d": {SAME: 5, EMPTY: 1},
    "adaptive_max_pool3d": {SAME: 5, INDICES: 2, NO_FACTOR: 3},
    "pad constant": {SAME: 8},
    **{f"pad {mode}": {SAME: 1} for mode in ("reflect", "replicate", "circular")},
    "interpolate nearest": {SAME: 9},
    "interpolate nearest-exact": {SAME: 9},
    "interpolate trilinear": {SAME: 24},
    "interpolate area": {SAME: 8},
    "upsample_nearest": {SAME: 4},
    "linear": {SAME: 2},
    "glu": {SAME: 6, EMPTY: 2},
}
"""Of both forms. NO_FACTOR are samples that want indices too."""
OPERATORS = tuple(EXPECTED)
WINDOWS = tuple(op for op in OPERATORS if op.endswith("3d"))


def in_double_precision(sample: Sample) -> bool:
    """Whether ONNX can say it in float64 and onnx.reference 1.23 can run it.

    A grouped ConvTranspose of several output channels a group it cannot run; ONNX holds scales in float32.
    """
    scale = sample.call.kwargs.get("scale_factor")
    exact = sample.call.kwargs.get("recompute_scale_factor") or scale is None or float(torch.tensor(scale)) == scale
    grouped = sample.op == "conv_transpose3d" and sample.call.kwargs.get("groups", 1) > 1
    return not grouped and (exact or "trilinear" not in sample.op)


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
        return EMPTY if "input 'x' has the empty shape" in error.reasons[0] else shortened(error.reasons[0])
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
        if dtype is torch.float64 and not in_double_precision(sample):
            continue
        try:
            verdicts[verdict(sample, dtype, check)] += 1
        except Exception as error:
            raise AssertionError(f"{sample} fails") from error
    return verdicts


def test_the_samples_are_all_there() -> None:
    """423 of windowed operators, 75 of others."""
    assert {op: len(samples(op)) for op in OPERATORS} == {op: sum(table.values()) for op, table in EXPECTED.items()}
    assert sum(len(samples(op)) for op in OPERATORS if op in WINDOWS) == 423


@pytest.mark.parametrize("op", OPERATORS)
def test_lowered_is_eager(op: str) -> None:
    assert count(op, torch.float32, lower_onnx) == EXPECTED[op]


@pytest.mark.parametrize("op", OPERATORS)
def test_lowered_is_eager_in_double_precision(op: str) -> None:
    """In the ONNX reference evaluator."""
    left_out = sum(not in_double_precision(sample) for sample in samples(op))
    assert count(op, torch.float64, lower_onnx) == {**EXPECTED[op], SAME: EXPECTED[op][SAME] - left_out}


@pytest.mark.parametrize("op", OPERATORS)
def test_tflite_is_eager(op: str) -> None:
    assert count(op, torch.float32, lower_tflite) == EXPECTED[op]
