"""Networks of other people go through: a few in every run, all of them nightly (and by `make zoo`)."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoo.catalog import NETWORKS, Network
from zoo.criteria import failures
from zoo.running import examine

QUICK = ("mc3_18", "x3d_s", "c3d", "i3d_inception", "unet_3d", "segresnet_3d", "stress_unet", "unetr")
"""Each for what the others lack: strided 3D stages, depthwise and SE, a flattened head, asymmetric pads and branches,
instance norms and transposed convolutions, group norms and resizing, N = 2 with every norm, attention."""


@pytest.mark.parametrize(
    "network",
    [pytest.param(n, id=n.name, marks=() if n.name in QUICK else pytest.mark.nightly) for n in NETWORKS],
)
def test_every_criterion_holds(network: Network, tmp_path: Path) -> None:
    finding = examine(network, tmp_path)
    assert failures(network, finding) == ()
