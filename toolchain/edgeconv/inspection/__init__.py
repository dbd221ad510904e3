"""Station: read a model file back from its bytes, without running it."""

from edgeconv.inspection.reader import inspect_file
from edgeconv.inspection.view import render_summary, summary_as_dict, summary_warnings

__all__ = ["inspect_file", "render_summary", "summary_as_dict", "summary_warnings"]
