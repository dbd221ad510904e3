"""Station: judge a model file for a device, op by op, with the reasons."""

from collections.abc import Mapping

from edgeconv.core.errors import UsageError
from edgeconv.core.report import Coverage
from edgeconv.core.summary import Format, ModelSummary
from edgeconv.targets.constraint import Constraint, Finding, constraint
from edgeconv.targets.data.kernel_versions import LITERT_2_3, TFLITE_RUNTIME_2_14
from edgeconv.targets.docs import docs_table
from edgeconv.targets.registry import get_target, target_names
from edgeconv.targets.target import Notes, Placement, Target, rejudged

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
    "rejudged",
    "target_names",
]


def check(summary: ModelSummary, target: str) -> Coverage:
    """Judge every op of a model file for a target; 'NAME@VERSION' asks for the rules of another version of its tool.

    Raises:
        UsageError: the target is unknown, or judges files of another format.
    """
    found = get_target(target)
    if summary.format not in found.formats:
        wanted = " and ".join(_FORMATS[f].split()[1] for f in found.formats)
        hint = {"tflite": "make the .tflite with 'edgeconv export', then check that file"}
        raise UsageError(
            f"Target '{target}' judges {wanted} files, and '{summary.path}' is {_FORMATS[summary.format]} file.",
            hint=hint.get(found.formats[0], "check the .onnx file of the bundle"),
        )
    return found.check(summary)


_FORMATS: dict[Format, str] = {"tflite": "a TFLite", "onnx": "an ONNX"}


def registered_versions(runtime: str) -> Mapping[str, int]:
    """Highest measured version of each TFLite op that 'tflite-runtime-2.14' or 'litert-2.3' registers."""
    return TFLITE_RUNTIME_2_14 if runtime == "tflite-runtime-2.14" else LITERT_2_3
