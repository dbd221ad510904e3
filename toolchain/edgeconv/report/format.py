"""Numbers as people read them: 37.5 M, 28.76 GMAC, 13.1 MB, 1.2e-7, 98.4 %."""

from __future__ import annotations

import math
from collections.abc import Sequence

NO_DIFFERENCE_DB = 300.0
"""The SQNR that stands for 'no difference' (see :class:`edgeconv.core.report.Metrics`)."""

_PREFIXES = ("", "k", "M", "G", "T", "P")


def _fixed(value: float, digits: int) -> str:
    """`value` with `digits` significant digits and no exponent, at least down to the unit."""
    whole = len(str(int(abs(value))))
    return f"{value:.{max(0, digits - whole)}f}"


def _quantity(value: int, unit: str, digits: int) -> str:
    if abs(value) < 1000:
        return f"{value} {unit}".rstrip()
    scaled, prefix = float(value), 0
    while abs(float(_fixed(scaled, digits))) >= 1000 and prefix < len(_PREFIXES) - 1:
        scaled /= 1000
        prefix += 1
    return f"{_fixed(scaled, digits)} {_PREFIXES[prefix]}{unit}"


def count(value: int) -> str:
    """37_500_000 → '37.5 M'."""
    return _quantity(value, "", 3)


def macs(value: int) -> str:
    """28_760_000_000 → '28.76 GMAC'."""
    return _quantity(value, "MAC", 4)


def size(value: int) -> str:
    """13_100_000 → '13.1 MB' (decimal megabytes)."""
    return _quantity(value, "B", 3)


def number(value: float, digits: int = 3) -> str:
    """A measured value: plain from 0.001 to a million, otherwise '1.2e-7'."""
    if not math.isfinite(value):
        return "n/a" if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value == 0:
        return "0"
    sign = "−" if value < 0 else ""
    value = abs(value)
    exponent = math.floor(math.log10(value))
    if -3 <= exponent < 6:
        text = f"{value:.{max(0, digits - 1 - exponent)}f}"
        return sign + (text.rstrip("0").rstrip(".") if "." in text else text)
    mantissa, _, power = f"{value:.{max(1, digits - 2)}e}".partition("e")
    return f"{sign}{mantissa.rstrip('0').rstrip('.')}e{int(power)}"


def cosine(value: float) -> str:
    """Five decimals; what would only round to 1 is written '>0.99999'."""
    if math.isfinite(value) and 0.999995 <= value < 1:
        return ">0.99999"
    return "1" if value == 1 else (f"{value:.5f}".replace("-", "−") if math.isfinite(value) else number(value))


def decibel(value: float) -> str:
    """'31.4 dB', or 'identical' for the value that stands for no difference."""
    if value >= NO_DIFFERENCE_DB:
        return "identical"
    return f"{value + 0.0:.1f} dB".replace("-", "−") if math.isfinite(value) else number(value)


def share(value: float | None) -> str:
    """0.984 → '98.4 %'; never rounds a part up to the whole or down to nothing; '–' for what was not measured."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return number(value)
    if value in (0, 1):
        return f"{value * 100:.0f} %"
    if 0.9995 <= value < 1:
        return ">99.9 %"
    if 0 < value < 0.0005:
        return "<0.1 %"
    return f"{value * 100:.1f} %"


def error_share(db: float) -> str:
    """An SQNR as the size of the error relative to the signal: 20 dB → '10 %'."""
    return "0 %" if db >= NO_DIFFERENCE_DB else f"{number(100 * 10 ** (-db / 20), 2)} %" if math.isfinite(db) else "n/a"


def shape(dims: Sequence[int]) -> str:
    """(1, 3, 16) → '1×3×16'."""
    return "×".join(str(d) for d in dims) or "scalar"


def axes(layout: str) -> str:
    return f"axes {layout}" if layout else "axes as given"


def frames(indices: Sequence[int]) -> str:
    """Sampled frame indices, short: '16 frames: 0, 4, 8 … 60'."""
    shown = [str(i) for i in indices]
    if len(shown) > 8:
        shown = [", ".join(shown[:3]), shown[-1]]
        return f"{len(indices)} frames: {' … '.join(shown)}"
    return f"{plural(len(indices), 'frame')}: {', '.join(shown)}" if shown else "no frames"


def plural(amount: int, noun: str) -> str:
    """(1, 'gate') → '1 gate'; (2, 'gate') → '2 gates'."""
    return f"{amount} {noun}" if amount == 1 else f"{amount} {noun}s"


def seconds(value: float) -> str:
    """'0.4 s', '12.3 s', '3 min 05 s'."""
    if value < 60:
        return f"{value:.1f} s"
    return f"{int(value // 60)} min {int(value % 60):02d} s"
