"""Runtimes, each in a child process: model file and clips in; outputs, ranges, time and peak memory out."""

from edgeconv.runtimes.api import (
    Compared,
    CompareRequest,
    Feed,
    Head,
    Measured,
    Patch,
    RangesRequest,
    RunRequest,
    TensorDrift,
    TensorStats,
    Timed,
    TimeRequest,
    available,
    compare_tensors,
    count_partitions,
    run_model,
    tensor_ranges,
)
from edgeconv.runtimes.tensors import TfliteTensors

__all__ = [
    "CompareRequest",
    "Compared",
    "Feed",
    "Head",
    "Measured",
    "Patch",
    "RangesRequest",
    "RunRequest",
    "TensorDrift",
    "TensorStats",
    "TfliteTensors",
    "TimeRequest",
    "Timed",
    "available",
    "compare_tensors",
    "count_partitions",
    "run_model",
    "tensor_ranges",
]
