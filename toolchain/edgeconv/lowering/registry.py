"""Rules by ONNX operator type; a rule is one function in ``lowering/rules``, registered by decorator."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from edgeconv.core.errors import Refused
from edgeconv.core.layout import Array, Value
from edgeconv.lowering.context import Context


@dataclass(frozen=True)
class Node:
    """One ONNX node as a rule sees it: logical inputs, attributes as Python values."""

    op: str
    name: str
    """Name of the first output."""
    inputs: tuple[Value | None, ...]
    attributes: Mapping[str, Any]
    outputs: int = 1
    opset: int = 18

    def input(self, index: int) -> Value:
        value = self.inputs[index] if index < len(self.inputs) else None
        if value is None:
            raise Refused(f"input {index} is missing", "check the model with onnx.checker")
        return value

    def constant(self, index: int, what: str) -> Array | None:
        """Data of an optional constant input; refuses when it is there but computed."""
        if index >= len(self.inputs) or self.inputs[index] is None:
            return None
        array = self.input(index).array
        if array is None:
            raise Refused(f"its {what} is computed at run time", f"make the {what} a constant before export")
        return array

    def required(self, index: int, what: str) -> Array:
        array = self.constant(index, what)
        if array is None:
            raise Refused(f"its {what} is missing", "check the model with onnx.checker")
        return array


Rule = Callable[[Context, Node], "Value | tuple[Value, ...]"]
RULES: dict[str, Rule] = {}
F = TypeVar("F", bound=Rule)


def rule(*ops: str) -> Callable[[F], F]:
    """Register the rule for these ONNX operator types."""

    def register(function: F) -> F:
        for op in ops:
            assert op not in RULES, f"two rules for {op}"
            RULES[op] = function
        return function

    return register


@cache
def load_rules() -> Mapping[str, Rule]:
    """Import every module of ``lowering/rules`` once; adding a rule means adding a file there."""
    from edgeconv.lowering import rules

    for module in pkgutil.iter_modules(rules.__path__):
        importlib.import_module(f"{rules.__name__}.{module.name}")
    return RULES
