"""The one public reader: which format is it, and can it be read at all?"""

from __future__ import annotations

from pathlib import Path

from edgeconv.core.errors import UsageError
from edgeconv.core.summary import ModelSummary

_KNOWN = "edgeconv reads .onnx and .tflite files"


def inspect_file(path: Path) -> ModelSummary:
    """Read the structure of an ONNX or TFLite file.

    The content decides the format; the file extension only decides how a file that is neither is called.

    Raises:
        UsageError: the path is no readable file, or its content is neither a whole ONNX nor a whole TFLite model.
    """
    data = _bytes_of(path)
    if data[4:8] == b"TFL3":
        from edgeconv.inspection.tflite_reader import read_tflite

        return read_tflite(data, path)
    if path.suffix.lower() == ".tflite":
        raise UsageError(f"'{path}' is not a TFLite model: the identifier TFL3 is missing from its head.", hint=_KNOWN)
    if data[:4] == b"PK\x03\x04":
        raise UsageError(
            f"'{path}' is a zip archive, not an ONNX or TFLite model.",
            hint=f"{_KNOWN}; a .pt2 or .pth file is a source for 'edgeconv export'",
        )
    from edgeconv.inspection.onnx_reader import read_onnx

    return read_onnx(data, path)


def _bytes_of(path: Path) -> bytes:
    if path.is_dir():
        raise UsageError(f"'{path}' is a folder, not a model file.", hint=_KNOWN)
    if path.exists() and not path.is_file():  # whoever reads a pipe waits for ever
        raise UsageError(f"'{path}' is not a regular file.", hint=_KNOWN)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise UsageError(f"'{path}' does not exist.", hint=_KNOWN) from None
    except (OSError, ValueError) as error:  # ValueError: a path that no file system takes
        raise UsageError(f"'{path}' cannot be read: {error}.", hint=_KNOWN) from error
    if not data:
        raise UsageError(f"'{path}' is empty.", hint=_KNOWN)
    return data
