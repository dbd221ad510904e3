"""How tests name the factories of sources_networks.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edgeconv.sources import SourceSpec

NETWORKS = Path(__file__).with_name("sources_networks.py")
Spec = Callable[..., SourceSpec]
