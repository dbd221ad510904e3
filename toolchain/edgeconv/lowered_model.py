"""What `edgeconv.lower` gives: the 4D model, and the way in and out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from edgeconv.core.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    import onnx

    from edgeconv.core.layout import Array
    from edgeconv.layerwise import Verification
    from edgeconv.lowering import Port


@dataclass(frozen=True)
class LoweredModel:
    """A network in 4D, and how its inputs and outputs lie."""

    onnx: onnx.ModelProto
    """No tensor of more than four axes, no Conv3d, static shapes."""
    inputs: tuple[Port, ...]
    """Logical shape, memory order and physical shape of every input."""
    outputs: tuple[Port, ...]
    transposes: tuple[str, ...]
    """Every transpose that could not be avoided, with the operator that causes it."""
    rules: Mapping[str, int]
    """How often each lowering rule was applied."""
    exporter: str
    """What wrote the ONNX that was lowered."""
    notes: tuple[str, ...]
    """What was guessed, or went otherwise than planned."""
    verification: Verification | None = None
    """The comparison layer by layer, where it was asked for; see its `passed`, `worst` and `culprits`."""

    def save(self, path: str | PathLike[str]) -> None:
        """Write the .onnx; past 2 GiB (protobuf's limit) its weights go into '<name>.data' beside it.

        The file appears as a whole or not at all.

        Raises:
            UsageError: the path is a folder, or cannot be written to.
            DiskFull: there is no room for it.
        """
        from edgeconv.core.onnx_file import save_onnx
        from edgeconv.core.staged_file import StagedFile

        with StagedFile(Path(path)) as staged:
            save_onnx(self.onnx, staged.path)
            staged.commit()

    def to_physical(self, array: Array, name: str | None = None) -> Array:
        """Lay an input out as the 4D file takes it.

        Args:
            array: in the network's own axis order, such as [N, C, T, H, W]; any dtype.
            name: which input; may be left out where there is only one.

        Raises:
            UsageError: no such input, or another shape than the input's.
        """
        from edgeconv.core import axes

        port = _port(self.inputs, name, "input")
        if tuple(array.shape) != port.logical:
            raise UsageError(f"input '{port.name}' is {list(port.logical)}, not {list(array.shape)}")
        return axes.to_physical(array, port.perm, port.physical)

    def to_logical(self, array: Array, name: str | None = None) -> Array:
        """Bring an output of the 4D file into the network's own shape.

        Args:
            array: as a runtime gives it.
            name: which output; may be left out where there is only one.

        Raises:
            UsageError: no such output, or another shape than the output's.
        """
        from edgeconv.core import axes

        port = _port(self.outputs, name, "output")
        if tuple(array.shape) != port.physical:
            raise UsageError(f"output '{port.name}' is {list(port.physical)} in the file, not {list(array.shape)}")
        return axes.to_logical(array, port.perm, port.logical)


def _port(ports: Sequence[Port], name: str | None, kind: str) -> Port:
    if name is None:
        if len(ports) > 1:
            raise UsageError(f"there are {len(ports)} {kind}s", hint=f"name one of {', '.join(p.name for p in ports)}")
        return ports[0]
    found = next((p for p in ports if p.name == name), None)
    if found is None:
        raise UsageError(f"there is no {kind} '{name}'", hint=did_you_mean(name, [p.name for p in ports]))
    return found
