"""The bundle: artifacts, reports, golden vectors and a manifest, moved into place as one."""

from edgeconv.bundle.manifest import (
    GoldenVector,
    InputMeaning,
    Manifest,
    Pixels,
    SplitMeaning,
    file_entries,
    sha256_of,
    write_manifest,
)
from edgeconv.bundle.places import LAYERS, Place, Places, read_places, write_places
from edgeconv.bundle.seal import write_sealed
from edgeconv.bundle.staging import StagedFolder
from edgeconv.bundle.verify import Finding, Inspected, inspect_bundle

__all__ = [
    "LAYERS",
    "Finding",
    "GoldenVector",
    "InputMeaning",
    "Inspected",
    "Manifest",
    "Pixels",
    "Place",
    "Places",
    "SplitMeaning",
    "StagedFolder",
    "file_entries",
    "inspect_bundle",
    "read_places",
    "sha256_of",
    "write_manifest",
    "write_places",
    "write_sealed",
]
