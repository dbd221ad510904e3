"""One rule per operator: how it works on strips."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from edgeconv.tflite.graph import Op

if TYPE_CHECKING:
    from edgeconv.tflite.strip.builder import Strip

Rule = Callable[["Strip", Op], None]
"""Emits the operator on strips; raises core.errors.Refused where it has no such form."""
_RULES: dict[str, Rule] = {}


def rule(*kinds: str) -> Callable[[Rule], Rule]:
    """Registers a rule for TFLite operators."""

    def register(made: Rule) -> Rule:
        for kind in kinds:
            assert kind not in _RULES, kind
            _RULES[kind] = made
        return made

    return register


def all_rules() -> Mapping[str, Rule]:
    """All rules; importing every module of ``strip/rules`` once."""
    from edgeconv.tflite.strip import rules as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    return _RULES
