"""The same of a TFLite file: LiteRT keeps every tensor, so that nothing has to be run in parts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from edgeconv.core.layout import Array
from edgeconv.layerwise.exposed import Feeds
from edgeconv.runtimes import TfliteTensors


class ExposedLite:
    """A float TFLite file; all tensors of each sample that is run at once are in memory."""

    def __init__(self, path: Path, threads: int) -> None:
        self._path, self._threads = path, threads
        self._names = TfliteTensors(path, threads).names

    def holds(self, name: str) -> bool:
        return name in self._names

    def dtype(self, name: str) -> str:
        """Of an input; lowering takes float32 alone to TFLite."""
        del name
        return "float32"

    def relay(self, stages: Sequence[Collection[str]], samples: Sequence[Feeds]) -> Iterator[list[dict[str, Array]]]:
        """Hand out the values of every stage, one dictionary per sample; its inputs are in the order of the file."""
        if not stages:
            return
        files = [TfliteTensors(self._path, self._threads) for _ in samples]
        for file, sample in zip(files, samples, strict=True):
            file.run(list(sample.values()))
        for wanted in stages:
            yield [{name: file.value(name) for name in wanted} for file in files]
