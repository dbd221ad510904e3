"""Tensors in more than 8 bits, as the report holds them."""

from __future__ import annotations

from pydantic import Field

from edgeconv.core.section import Section


class RecipeTrial(Section):
    """One int8 file that was built and run while a recipe was searched for."""

    precision: str
    """'int16' or 'float32'; '' for all in int8."""
    tensors: int
    """How many have it; those that share their scale are counted as one."""
    cosine_mean: float
    cosine_min: float
    """Of the outputs with those of the float file, over the calibration clips."""


class Recipe(Section):
    """Which tensors have, or would need, more than 8 bits."""

    delivered: bool
    """False: advice; the delivered file is int8 throughout, or has what the profile names."""
    searched: bool
    """False: the profile names the tensors."""
    reached: bool = True
    """False: no recipe brings the outputs over the thresholds."""
    int16: tuple[str, ...] = ()
    float32: tuple[str, ...] = ()
    ops: dict[str, int] = Field(default_factory=dict)
    """Operators of the delivered file that work in each precision, and the borders between them ('border')."""
    trials: tuple[RecipeTrial, ...] = ()

    @property
    def tensors(self) -> tuple[tuple[str, str], ...]:
        """(precision, tensor)"""
        return (*(("int16", t) for t in self.int16), *(("float32", t) for t in self.float32))
