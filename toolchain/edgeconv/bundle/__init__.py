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
from edgeconv.bundle.staging import StagedFolder

__all__ = [
    "GoldenVector",
    "InputMeaning",
    "Manifest",
    "Pixels",
    "SplitMeaning",
    "StagedFolder",
    "file_entries",
    "sha256_of",
    "write_manifest",
]
