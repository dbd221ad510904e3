"""Files that are no models: damaged, of another kind, not to be read, or with weights that are not where they say."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from negative_case import OUT, Arguments, Case, Negatives, cases
from negative_models import ones, plain

LOWER = ("lower", "net.onnx", "-o", OUT[0])
GARBAGE = {
    "empty": b"",
    "zeros": bytes(100),
    "text": b"this is no model at all, only words\n" * 20,
    "every byte": bytes(range(256)) * 40,
    "zip": b"PK\x03\x04" + bytes(200),
    "tflite": b"\x1c\0\0\0TFL3" + bytes(64),
    "pickle": b"\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R.",
}


def file(name: str, content: bytes, *arguments: str) -> Callable[[Path], Arguments]:
    def build(folder: Path) -> Arguments:
        (folder / name).write_bytes(content)
        return arguments or LOWER

    return build


def truncated(folder: Path) -> Arguments:
    (folder / "net.onnx").write_bytes(plain().SerializeToString()[:-300])
    return LOWER


def folder_of_that_name(folder: Path) -> Arguments:
    (folder / "net.onnx").mkdir()
    return LOWER


def unreadable(folder: Path) -> Arguments:
    """A file whose reading fails whoever reads it."""
    (folder / "net.onnx").symlink_to("/proc/self/mem")
    return LOWER


def dangling(folder: Path) -> Arguments:
    (folder / "net.onnx").symlink_to("gone.onnx")
    return LOWER


def fifo(folder: Path) -> Arguments:
    """Nobody writes into it: whoever reads waits for ever."""
    os.mkfifo(folder / "net.onnx")
    return LOWER


@cases(
    *(Case(n, file("net.onnx", data), 2, ("'net.onnx' is not an ONNX", "hint: "), 0) for n, data in GARBAGE.items()),
    Case("truncated", truncated, 2, ("'net.onnx' is not an ONNX file", "damaged"), 0),
    Case("a folder", folder_of_that_name, 2, ("'net.onnx' is a folder",), 0),
    Case("not to be read", unreadable, 2, ("'net.onnx' cannot be read: Input/output error",), 0),
    Case("a link to nothing", dangling, 2, ("'net.onnx' does not exist",), 0),
    Case("a pipe", fifo, 2, ("'net.onnx' is not a regular file",), 0),
)
def test_what_is_no_onnx_file(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def beside(
    change: Callable[[Path, onnx.ModelProto], object], location: str = "weights.bin"
) -> Callable[[Path], Arguments]:
    """A sound model whose kernel lies in a file beside it, then changed."""

    def build(folder: Path) -> Arguments:
        home = folder / "models"
        home.mkdir()
        made = plain()
        onnx.save(made, home / "net.onnx", save_as_external_data=True, location=location, size_threshold=0)
        made = onnx.load(home / "net.onnx", load_external_data=False)
        change(home, made)
        (home / "net.onnx").write_bytes(made.SerializeToString())
        return ("lower", "models/net.onnx", "-o", OUT[0])

    return build


def gone(home: Path, _made: onnx.ModelProto) -> None:
    (home / "weights.bin").unlink()


def cut(home: Path, _made: onnx.ModelProto) -> None:
    data = (home / "weights.bin").read_bytes()
    (home / "weights.bin").write_bytes(data[:100])


def pointing(location: str) -> Callable[[Path, onnx.ModelProto], None]:
    def change(home: Path, made: onnx.ModelProto) -> None:
        (home.parent / "secret").write_bytes(ones(8, 3, 3, 3, 3).tobytes())
        (home / "link").symlink_to("../secret")
        entry = next(e for e in made.graph.initializer[0].external_data if e.key == "location")
        entry.value = location.replace("HERE", str(home.parent))

    return change


@cases(
    Case("gone", beside(gone), 2, ("models/net.onnx", "weights.bin", "hint: "), None),
    Case("cut off", beside(cut), 2, ("models/net.onnx", "'kernel'"), None),
    Case("above the folder", beside(pointing("../secret")), 2, ("models/net.onnx", "../secret"), None),
    Case("at an absolute path", beside(pointing("HERE/secret")), 2, ("models/net.onnx", "secret"), None),
    Case("behind a link", beside(pointing("link")), 2, ("models/net.onnx", "link"), None),
)
def test_weights_beside_the_file(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


def shown(command: str, name: str, content: bytes) -> Callable[[Path], Arguments]:
    options = ("-t", "tflite") if command == "check" else ()
    return file(name, content, command, name, *options)


@cases(
    Case("inspect, empty", shown("inspect", "m.tflite", b""), 2, ("m.tflite' is empty",), 0),
    Case("inspect, garbage", shown("inspect", "m.tflite", GARBAGE["text"]), 2, ("m.tflite'", "TFLite"), 0),
    Case("inspect, header alone", shown("inspect", "m.tflite", GARBAGE["tflite"]), 2, ("damaged TFLite",), 0),
    Case("inspect, garbage named onnx", shown("inspect", "m.onnx", GARBAGE["text"]), 2, ("m.onnx'", "ONNX"), 0),
    Case("inspect, zip", shown("inspect", "m.pt2", GARBAGE["zip"]), 2, ("zip archive",), 0),
    Case("check, empty", shown("check", "m.tflite", b""), 2, ("m.tflite' is empty",), 0),
    Case("check, header alone", shown("check", "m.tflite", GARBAGE["tflite"]), 2, ("damaged TFLite",), 0),
    Case("check, onnx", shown("check", "m.onnx", plain().SerializeToString()), 2, ("judges TFLite files",), 0),
    Case("export, garbage", file("net.onnx", GARBAGE["text"], "export", "net.onnx", "-t", "tflite", "-o", OUT[1]), 2,
         ("'net.onnx' is not an ONNX",), 0),
)  # fmt: skip
def test_what_is_only_shown(case: Case, negatives: Negatives) -> None:
    negatives.check(case)


@pytest.mark.parametrize("command", ["inspect", "check"])
def test_a_pipe_is_not_waited_for(command: str, negatives: Negatives) -> None:
    os.mkfifo(negatives.folder / "m.tflite")
    told = negatives.run(command, "m.tflite", *(("-t", "tflite") if command == "check" else ()))
    assert told.code == 2
    assert "is not a regular file" in told.err
