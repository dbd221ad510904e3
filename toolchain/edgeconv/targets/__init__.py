"""Station: judge a TFLite file for a device, op by op, with the reasons."""

from collections.abc import Mapping

from edgeconv.core.errors import UsageError
from edgeconv.core.report import Coverage
from edgeconv.core.summary import ModelSummary
from edgeconv.targets.constraint import Constraint, Finding, constraint
from edgeconv.targets.data.kernel_versions import LITERT_2_3, TFLITE_RUNTIME_2_14
from edgeconv.targets.docs import docs_table
from edgeconv.targets.registry import get_target, target_names
from edgeconv.targets.target import Notes, Placement, Target

__all__ = [
    "Constraint",
    "Finding",
    "Notes",
    "Placement",
    "Target",
    "check",
    "constraint",
    "docs_table",
    "get_target",
    "registered_versions",
    "target_names",
]


def check(summary: ModelSummary, target: str) -> Coverage:
    """Judge every op of a TFLite file for a target.

    Raises:
        UsageError: the target is unknown, or the file is not a TFLite file.
    """
    found = get_target(target)
    if summary.format != "tflite":
        raise UsageError(
            f"Target '{target}' judges TFLite files, and '{summary.path}' is an {summary.format.upper()} file.",
            hint="make the .tflite with 'edgeconv export', then check that file",
        )
    return found.check(summary)


def registered_versions(runtime: str) -> Mapping[str, int]:
    """Highest measured version of each TFLite op that 'tflite-runtime-2.14' or 'litert-2.3' registers."""
    return TFLITE_RUNTIME_2_14 if runtime == "tflite-runtime-2.14" else LITERT_2_3
