"""What all HTML pages share: templates that escape every value, and the words for numbers as filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeconv.report import format as fmt

if TYPE_CHECKING:
    from jinja2 import Environment

_FILTERS = (
    "axes", "cosine", "count", "decibel", "error_share", "frames", "macs", "number", "plural", "shape", "share", "size",
)  # fmt: skip
"""Functions of :mod:`edgeconv.report.format`."""


def page_environment() -> Environment:
    """A name that a template uses and nobody gave is an error."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    env = Environment(
        loader=PackageLoader("edgeconv.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.filters |= {name: getattr(fmt, name) for name in _FILTERS}
    return env
