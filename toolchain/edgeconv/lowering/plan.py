"""A plan of memory orders: which values are laid out anew as soon as they are there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeconv.core.layout import Value, flatten
from edgeconv.lowering.context import Context

Axes = tuple[int, ...]


@dataclass(frozen=True)
class Plan:
    """By the name of a source value, its logical axes in the memory order wanted."""

    orders: Mapping[str, Axes] = field(default_factory=dict)

    def laid(self, ctx: Context, name: str, value: Value) -> Value:
        """The value, lying as planned; a value without a plan as its operator left it."""
        axes = self.orders.get(name)
        if axes is None or value.storage.constant is not None or len(axes) != len(value.dims):
            return value
        return ctx.arranged(value, flatten(value.dims[a] for a in axes))
