"""Rewrites before the export: what the exporters cannot do, said in operators that they can.

A rewrite is one function in a file of this package, registered for the torch functions that it stands in for. It
answers NotImplemented where the exporters manage by themselves. The network itself is never changed: a rewrite is in
force only inside `with Rewriting():`, wherever the call comes from (a module, a function, a name imported before).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from torch.overrides import TorchFunctionMode

Rewrite = Callable[..., Any]
"""Takes the arguments of the function it stands in for; gives its result, or NotImplemented."""

_REGISTERED: dict[Callable[..., Any], tuple[str, Rewrite]] = {}


def rewrite(*functions: Callable[..., Any], told: str) -> Callable[[Rewrite], Rewrite]:
    """Register a rewrite for torch functions; `told` says in a note what it does."""

    def register(made: Rewrite) -> Rewrite:
        _REGISTERED.update(dict.fromkeys(functions, (told, made)))
        return made

    return register


def all_rewrites() -> dict[Callable[..., Any], tuple[str, Rewrite]]:
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return _REGISTERED


class Rewriting(TorchFunctionMode):
    """While it is entered, torch functions that have a rewrite do what the rewrite says; `told` collects which did.

    Args:
        functions: those that are watched; None: all that have a rewrite.
    """

    def __init__(self, functions: Sequence[Callable[..., Any]] | None = None) -> None:
        super().__init__()
        known = all_rewrites()
        self._active = {f: known[f] for f in (known if functions is None else functions)}
        self._count: dict[str, int] = {}

    @property
    def told(self) -> tuple[str, ...]:
        return tuple(f"{what} ({times}×)" for what, times in self._count.items())

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        if func in self._active:
            told, made = self._active[func]
            result = made(*args, **(kwargs or {}))
            if result is not NotImplemented:
                self._count[told] = self._count.get(told, 0) + 1
                return result
        return func(*args, **(kwargs or {}))
