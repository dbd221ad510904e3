#!/usr/bin/env python3
"""Run the model of this bundle on a device. Needs Python 3.8, numpy and one TFLite runtime; README.md says more.

    python3 run.py --self-test       are all files whole, and does this machine compute what it should?
    python3 run.py video.mp4         what is to be seen? Also a folder of images, or a .npy
    python3 run.py --camera 0        the same for what a camera sees, until Ctrl-C
    python3 run.py --stream ...      the same again for every new frame, where the bundle is split

Exit codes: 0 fine, 1 the self-test found something, 2 wrong use, 4 the runtime or the machine failed.
"""

# ruff: noqa: B905 - zip(strict=True) came with Python 3.10

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib
import json
import os
import platform
import re
import sys
import time
import zipfile
from collections import deque
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, NamedTuple, Sequence  # noqa: UP035 - collections.abc[...] needs 3.9

try:
    import numpy as np
except ImportError as error:
    print(f"error: {error}\n  hint: see 'Set up' in README.md", file=sys.stderr)
    sys.exit(4)

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

FORMAT = 3
FOUND, USAGE, FAILED = 1, 2, 4
MODEL = "model_int8.tflite"
RUNTIMES = {
    "tflite-runtime": "tflite_runtime.interpreter",
    "litert": "ai_edge_litert.interpreter",
    "tensorflow": "tensorflow",
}
PACKAGES = {"tflite-runtime": "tflite_runtime", "litert": "ai_edge_litert", "tensorflow": "tensorflow"}
IMAGES = (".png", ".jpg", ".jpeg", ".bmp")
DECODERS = (
    "install one: 'apt install python3-opencv', or 'pip install av'; or give the frames as a .npy: "
    "uint8 [frames, height, width, 3] in RGB"
)
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
SWS_BILINEAR_EXACT = 0x2 | 0x2000 | 0x40000 | 0x80000  # how FFmpeg scaled the frames of the calibration


class Stop(Exception):
    """Why it cannot go on, what to do about it, and the exit code."""

    def __init__(self, code: int, what: str, advice: str = "") -> None:
        super().__init__(what)
        self.code, self.what, self.advice = code, what, advice


# --- The bundle ------------------------------------------------------------------------------------------------------


class Bundle:
    """The folder that this file lies in, as its manifest.json describes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            text = (folder / "manifest.json").read_text(encoding="utf-8")
            self.manifest: dict[str, Any] = json.loads(text)
            version, whole = self.manifest["format_version"], sealed(self.manifest) == text
        except OSError as error:
            raise Stop(USAGE, f"no manifest.json in '{folder}': {error.strerror}", "copy the whole bundle") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise Stop(FOUND, f"manifest.json is damaged: {error}", "copy the bundle again") from None
        if version != FORMAT:
            raise Stop(USAGE, f"manifest.json has format {version}, this run.py reads {FORMAT}", "use its own run.py")
        if not whole:
            raise Stop(FOUND, "manifest.json was changed: its seal is broken", "copy the bundle again")
        self.inputs: list[dict[str, Any]] = self.manifest["inputs"]
        self.split: dict[str, Any] | None = self.manifest["split"]

    def labels(self) -> list[str]:
        """Class names; none where the network is no classifier."""
        name = self.manifest["labels"]
        try:
            return self.path(name).read_text(encoding="utf-8").splitlines() if name else []
        except (OSError, ValueError) as error:
            raise Stop(FOUND, f"{name} cannot be read: {error}", "copy the bundle again") from None

    def path(self, name: str) -> Path:
        """A file of the manifest; never one outside of the bundle."""
        if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
            raise Stop(FOUND, f"manifest.json names '{name}', which lies outside of the bundle", "do not use it")
        return self.folder / name

    def load(self, name: str) -> Array:
        try:
            array: Array = np.load(self.path(name), allow_pickle=False)
        except (OSError, ValueError) as error:
            raise Stop(FOUND, f"{name} cannot be read: {error}", "copy the bundle again") from None
        return array

    def damage(self) -> list[str]:
        """What is not as it was when the bundle was made. Files that the device does not need may be absent."""
        found = []
        for name, entry in sorted(self.manifest["files"].items()):
            path = self.path(name)
            if not path.is_file():
                found += [f"{name} is missing"] if self._needs(name) else []
            elif path.stat().st_size != entry["bytes"] or sha256(path) != entry["sha256"]:
                found.append(f"{name} was changed: its SHA-256 is not that of the manifest")
        return found

    def absent(self) -> list[str]:
        return sorted(name for name in self.manifest["files"] if not self.path(name).is_file())

    def _needs(self, name: str) -> bool:
        parts = [self.split["backbone"], self.split["head"]] if self.split else []
        return name in (MODEL, *parts, self.manifest["labels"]) or name.startswith("golden/")


def sealed(document: dict[str, Any]) -> str:
    """The only form of a document that carries its own SHA-256."""
    unsealed = {key: value for key, value in document.items() if key != "seal"}
    seal = hashlib.sha256(json.dumps(unsealed, indent=2, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
    return json.dumps({**unsealed, "seal": seal}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


# --- The runtime -----------------------------------------------------------------------------------------------------


class Settings(NamedTuple):
    """How models are run."""

    runtime: str = ""
    threads: int = 1
    delegate: str = ""
    reference: bool = False
    """TFLite's reference kernels: slow, but the same numbers on every machine."""


class Network:
    """A .tflite file in a runtime. Calling it takes and gives arrays as the file has them, and notes the time."""

    def __init__(self, file: Path, how: Settings) -> None:
        self.name = file.name
        self.milliseconds: list[float] = []
        self.runtime, module = open_runtime(how.runtime)
        extra = module if hasattr(module, "load_delegate") else module.experimental
        options: dict[str, Any] = {"model_path": str(file), "num_threads": how.threads}
        if how.reference:
            options["experimental_op_resolver_type"] = extra.OpResolverType.BUILTIN_REF
        try:
            if how.delegate:
                ctypes.CDLL(how.delegate)  # its words are better than the runtime's
                options["experimental_delegates"] = [extra.load_delegate(how.delegate)]
            self._interpreter = module.Interpreter(**options)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise Stop(FAILED, f"{self.runtime} does not load {file.name}: {error}", _loading(how.delegate)) from None
        self.inputs: list[dict[str, Any]] = self._interpreter.get_input_details()
        self.outputs: list[dict[str, Any]] = self._interpreter.get_output_details()
        self.ends = [self.inputs, self.outputs]

    def asked(self, manifest: dict[str, Any]) -> list[list[dict[str, Any]]]:
        """The tensors that the manifest tells of, as `ends` has them in truth."""
        return [manifest["inputs"], manifest["outputs"]]

    def __call__(self, arrays: Sequence[Array]) -> list[Array]:
        try:
            for detail, array in zip(self.inputs, arrays):
                self._interpreter.set_tensor(detail["index"], array)
            start = time.perf_counter()
            self._interpreter.invoke()
            self.milliseconds.append((time.perf_counter() - start) * 1e3)
        except (ValueError, RuntimeError) as error:
            raise Stop(FAILED, f"{self.runtime} cannot run {self.name}: {error}") from None
        return [self._interpreter.get_tensor(detail["index"]) for detail in self.outputs]


class Parts:
    """A split network: the backbone on one frame after the other, then the head on the features of the last ones.

    Calling it with a whole clip gives what the whole network gives, bit for bit; `push` and `head` go frame by frame.
    """

    def __init__(self, backbone: Network, head: Network, split: dict[str, Any]) -> None:
        self._backbone, self._head, self.split = backbone, head, split
        self.name, self.runtime = f"{backbone.name} + {head.name}", head.runtime
        self.milliseconds: list[float] = []
        self.inputs, self.outputs, self.ends = backbone.inputs, head.outputs, [*backbone.ends, *head.ends]
        self._features: deque[Array] = deque(maxlen=split["frames"])

    def asked(self, manifest: dict[str, Any]) -> list[list[dict[str, Any]]]:
        split = manifest["split"]
        return [[split["frame"]], [split["features"]], [split["stacked"]], manifest["outputs"]]

    @property
    def full(self) -> bool:
        return len(self._features) == self._features.maxlen

    def push(self, frame: Array) -> None:
        """Run the backbone on a new frame; its features take the place of the oldest ones."""
        self._features.append(self._backbone([frame.reshape(self.split["frame"]["shape"])])[0].ravel())
        self.milliseconds.append(self._backbone.milliseconds[-1])

    def head(self) -> list[Array]:
        """Run the head on the features of the last frames, the oldest first."""
        stacked, gap = self.split["stacked"], self.split["gap"]
        rows = np.pad(list(self._features), [(0, 0), (0, gap)], "constant", constant_values=stacked["zero_point"])
        outputs = self._head([rows.reshape(stacked["shape"])])
        self.milliseconds[-1] += self._head.milliseconds[-1]
        return outputs

    def __call__(self, arrays: Sequence[Array]) -> list[Array]:
        frames, size = self.split["frames"], int(np.prod(self.split["frame"]["shape"]))
        for frame in arrays[0].reshape(frames, -1)[:, :size]:  # what lies behind a frame is the gap of a strip
            self.push(frame)
        outputs = self.head()
        self.milliseconds[-frames:] = [sum(self.milliseconds[-frames:])]
        return outputs


def open_runtime(wanted: str = "") -> tuple[str, Any]:
    """The first runtime that is installed, or the wanted one: its name with its version, and its module."""
    told = []
    for name in [wanted] if wanted else RUNTIMES:
        try:
            module = importlib.import_module(RUNTIMES[name])
            return f"{name} {version_of(PACKAGES[name])}", getattr(module, "lite", module)
        except (ImportError, AttributeError) as error:  # an old runtime beside numpy 2 fails with either
            told.append(f"{name}: {error}")
    raise Stop(FAILED, "no TFLite runtime can be imported (" + "; ".join(told) + ")", "see 'Set up' in README.md")


def version_of(package: str) -> str:
    return str(getattr(importlib.import_module(package), "__version__", "of unknown version"))


def _loading(delegate: str) -> str:
    if delegate:
        return f"is '{delegate}' installed, the device plugged in, and the file compiled for it (compile.sh)?"
    return "a file compiled for the Edge TPU needs --delegate libedgetpu.so.1"


def peak_mib() -> float | None:
    """Most memory that this process ever held; None where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
    except (OSError, IndexError):
        return None


# --- From pictures to what the model takes ---------------------------------------------------------------------------


class Picture:
    """A decoded frame, RGB uint8 [height, width, 3], scaled by numpy."""

    def __init__(self, pixels: Array) -> None:
        self._pixels = pixels
        self.size = pixels.shape[1], pixels.shape[0]

    def scaled(self, width: int, height: int, color: str) -> Array:
        """uint8 [height, width, 3] in BGR or RGB order. Up to a few levels off FFmpeg's scaling."""
        rows, columns = triangles(self._pixels.shape[0], height), triangles(self._pixels.shape[1], width)
        floats = np.matmul(columns, np.tensordot(rows, self._pixels.astype(np.float32), 1))
        pixels: Array = np.clip(np.rint(floats), 0, 255).astype(np.uint8)
        return pixels[..., ::-1] if color == "BGR" else pixels


def triangles(size: int, wanted: int) -> Array:
    """The matrix [wanted, size] that scales linearly; each result averages all that it covers."""
    step = size / wanted
    centres = (np.arange(wanted) + 0.5) * step - 0.5
    weights = np.maximum(0, 1 - np.abs(np.arange(size) - centres[:, None]) / max(step, 1))
    matrix: Array = (weights / weights.sum(1, keepdims=True)).astype(np.float32)
    return matrix


class FfmpegPicture:
    """A frame that PyAV decoded, scaled by FFmpeg exactly as the frames of the calibration were."""

    def __init__(self, frame: Any) -> None:
        self._frame = frame
        self._turns = round(getattr(frame, "rotation", 0) / 90) % 4  # quarter turns to the left
        self.size = (frame.height, frame.width) if self._turns % 2 else (frame.width, frame.height)

    def scaled(self, width: int, height: int, color: str) -> Array:
        stored = (height, width) if self._turns % 2 else (width, height)
        layout = "bgr24" if color == "BGR" else "rgb24"
        try:
            frame = self._frame.reformat(*stored, format=layout, interpolation=SWS_BILINEAR_EXACT)
        except (KeyError, TypeError, ValueError):  # PyAV before 14 takes no flags
            whole = np.rot90(self._frame.to_ndarray(format="rgb24"), self._turns)
            return Picture(whole).scaled(width, height, color)
        return np.asarray(np.rot90(frame.to_ndarray(), self._turns))


def view(picture: Picture | FfmpegPicture, pixels: dict[str, Any]) -> Array:
    """The middle of a picture, uint8 [height, width, 3], after its shorter side was scaled as the manifest says."""
    (width, height), (crop_height, crop_width) = picture.size, pixels["crop"]
    scale = max(pixels["resize_shorter_side"] / min(width, height), crop_width / width, crop_height / height)
    scaled_width = max(int(width * scale + 1e-6), crop_width)
    scaled_height = max(int(height * scale + 1e-6), crop_height)
    scaled = picture.scaled(scaled_width, scaled_height, pixels["color"])
    top, left = round((scaled_height - crop_height) / 2), round((scaled_width - crop_width) / 2)
    return scaled[top : top + crop_height, left : left + crop_width]


def from_pixels(clip: Array, meaning: dict[str, Any]) -> Array:
    """The values of an input, in the axis order of the source network, from its clip, uint8 [frames, h, w, 3]."""
    pixels = meaning["pixels"]
    chosen = clip[np.linspace(0, len(clip) - 1, pixels["frames"]).astype(int)]
    colors = (chosen @ LUMA)[..., None] if pixels["color"] == "GREY" else chosen
    mean = np.asarray(pixels["mean"], np.float32)
    values = ((colors.astype(np.float32) - mean) * np.float32(pixels["pixel_scale"])).transpose(3, 0, 1, 2)[None]
    axes, layout = "NCTHW", meaning["source_layout"]
    kept = "".join(axis for axis in axes if axis in layout)
    values = values.reshape([values.shape[axes.index(axis)] for axis in kept])
    return np.asarray(values.transpose([kept.index(axis) for axis in layout]))


def arranged(values: Array, meaning: dict[str, Any], dtype: Any) -> Array:
    """Values in the source's axis order, as the tensor takes them: quantized, in its memory order, gaps filled.

    Integers are quantized already and stay as they are.
    """
    if values.dtype != np.float32:
        if values.dtype != dtype:
            raise Stop(USAGE, f"the clip is {values.dtype}, but this model takes {dtype}", f"give it to {MODEL}")
        return values
    zero = 0
    if np.issubdtype(dtype, np.integer):
        zero, limits = meaning["zero_point"], np.iinfo(dtype)
        values = np.clip(np.round(values / np.float32(meaning["scale"])) + zero, limits.min, limits.max)
    frames = np.ascontiguousarray(values.transpose(meaning["perm"])).reshape(meaning["frames"], -1)
    filled: Array = np.pad(frames, [(0, 0), (0, meaning["gap"])], "constant", constant_values=zero)
    return filled.reshape(meaning["shape"]).astype(dtype)


# --- Where pictures come from ----------------------------------------------------------------------------------------


class Footage:
    """Pictures in order, from a video, a folder of images, or an array uint8 [frames, height, width, 3] in RGB."""

    def __init__(self, source: Path | Array) -> None:
        self._source, self._images = source, []
        if isinstance(source, Path) and not source.exists():
            raise Stop(USAGE, f"'{source}' does not exist")
        if isinstance(source, Path) and source.is_dir():
            self._images = sorted((p for p in source.iterdir() if p.suffix.lower() in IMAGES), key=by_number)
            if not self._images:
                raise Stop(USAGE, f"'{source}' holds no images", "they end in " + ", ".join(IMAGES))

    def __len__(self) -> int:
        """A video is decoded once to count: what its header says may be wrong."""
        return len(self._images) or sum(1 for _ in self)

    def pick(self, wanted: Sequence[int]) -> Iterator[tuple[int, Picture | FfmpegPicture]]:
        if self._images:
            for index in sorted(set(wanted)):
                yield index, next(decode(str(self._images[index])))
        else:
            for index, picture in enumerate(self):
                if index in wanted:
                    yield index, picture

    def __iter__(self) -> Iterator[Picture | FfmpegPicture]:
        if self._images:
            return (next(decode(str(image))) for image in self._images)
        return decode(str(self._source)) if isinstance(self._source, Path) else map(Picture, self._source)


def by_number(path: Path) -> tuple[list[str | int], str]:
    """Sorts f2 before f10."""
    return [int(p) if i % 2 else p for i, p in enumerate(re.split(r"([0-9]+)", path.name.lower()))], path.name


def decode(name: str) -> Iterator[Picture | FfmpegPicture]:
    """All pictures of a video, an image or a camera, with PyAV or else with OpenCV."""
    try:
        import av
    except ImportError:
        return _decode_opencv(name)
    return _decode_ffmpeg(name, av)


def _decode_ffmpeg(name: str, av: Any) -> Iterator[FfmpegPicture]:
    camera = f"/dev/video{name}" if name.isdigit() else name
    try:
        with av.open(camera, format="v4l2" if camera.startswith("/dev/") else None) as container:
            for frame in container.decode(video=0):
                yield FfmpegPicture(frame)
    except (av.error.FFmpegError, OSError, ValueError, IndexError) as error:
        raise Stop(USAGE, f"'{camera}' cannot be decoded: {error or 'it holds no video'}") from None


def _decode_opencv(name: str) -> Iterator[Picture]:
    try:
        import cv2
    except ImportError:
        raise Stop(USAGE, "videos, images and cameras need OpenCV or PyAV; neither is installed", DECODERS) from None
    if Path(name).suffix.lower() in IMAGES:  # as a video, OpenCV would take the digits of its name for a pattern
        pixels = cv2.imread(name)
        if pixels is None:
            raise Stop(USAGE, f"'{name}' cannot be decoded by OpenCV")
        yield Picture(pixels[..., ::-1])
        return
    video = cv2.VideoCapture(int(name) if name.isdigit() else name)
    try:
        going, pixels = video.read()
        if not going:
            raise Stop(USAGE, f"'{name}' cannot be decoded by OpenCV")
        while going:
            yield Picture(pixels[..., ::-1])
            going, pixels = video.read()
    finally:
        video.release()


# --- What is asked for -----------------------------------------------------------------------------------------------


class Clip:
    """The pictures of one clip, as every input of the network looks at them."""

    def __init__(self, inputs: Sequence[dict[str, Any]]) -> None:
        self._inputs = inputs
        for meaning in self._inputs:
            shape = f"{meaning['name']} {meaning['source_shape']}"
            if meaning["pixels"] is None:
                raise Stop(USAGE, f"the network takes no pictures, but {shape}", "give a .npy or .npz of that shape")
            if dict(zip(meaning["source_layout"], meaning["source_shape"])).get("N", 1) > 1:
                raise Stop(USAGE, f"the network takes several clips at once, {shape}", "give a .npy of that shape")
        self.frames: int = self._inputs[0]["pixels"]["clip_frames"]
        self._views = [np.zeros((self.frames, *m["pixels"]["crop"], 3), np.uint8) for m in self._inputs]

    def put(self, place: int, picture: Picture | FfmpegPicture) -> None:
        for views, meaning in zip(self._views, self._inputs):
            views[place] = view(picture, meaning["pixels"])

    def values(self) -> list[Array]:
        return [from_pixels(views, meaning) for views, meaning in zip(self._views, self._inputs)]


def sampled(source: Path | Array, bundle: Bundle) -> list[Array]:
    """The input values of a whole video: the middle frame of each of equally long segments."""
    clip, footage = Clip(bundle.inputs), Footage(source)
    total = len(footage)
    tick = total / clip.frames
    wanted = [int(tick / 2 + tick * place) for place in range(clip.frames)]
    for index, picture in footage.pick(wanted):
        for place in (place for place, own in enumerate(wanted) if own == index):
            clip.put(place, picture)
    return clip.values()


def watched(
    pictures: Iterator[Any], bundle: Bundle, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Iterator[list[Array]]:
    """The input values of what a camera sees, again and again: each clip lasts `seconds`, sampled as a video is."""
    clip, place, start = Clip(bundle.inputs), 0, clock()
    for picture in pictures:
        if clock() - start >= (place + 0.5) * seconds / clip.frames:
            clip.put(place, picture)
            place += 1
        if place == clip.frames:
            yield clip.values()
            place, start = 0, clock()


def read_values(path: Path, bundle: Bundle, kind: str | None = None) -> list[Array]:
    """The input values in a file or folder: pictures, or arrays as the network or its quantized form takes them.

    `kind` is 'pictures' or 'quantized', and only asked for where a uint8 array may be either.
    """
    if path.suffix not in (".npy", ".npz"):
        return sampled(path, bundle)
    named = load_arrays(path, bundle.inputs[0]["name"])
    for array in named.values():
        if array.dtype == np.uint8 and array.ndim == 4 and array.shape[-1] == 3 and kind != "quantized":
            if not kind and ("uint8", list(array.shape)) in [(m["dtype"], m["shape"]) for m in bundle.inputs]:
                raise Stop(USAGE, f"'{path}' may be pictures or quantized", "say --as pictures or --as quantized")
            return sampled(array, bundle)
    return [as_input(named.get(meaning["name"]), meaning, path) for meaning in bundle.inputs]


def _without_one(shape: list[int]) -> list[int]:
    return shape[1:] if shape[:1] == [1] else shape


def as_input(array: Array | None, meaning: dict[str, Any], path: Path) -> Array:
    """Floats in the shape of the source network, whose leading 1 may be left out; or quantized, as the tensor is."""
    source, tensor = meaning["source_shape"], meaning["shape"]
    if array is not None and array.dtype.kind == "f" and list(array.shape) in (source, _without_one(source)):
        return array.reshape(source).astype(np.float32)
    if array is not None and (array.dtype.name, list(array.shape)) == (meaning["dtype"], tensor):
        return array
    got = "nothing" if array is None else f"{array.dtype} {list(array.shape)}"
    advice = f"it takes float32 {source}, quantized {meaning['dtype']} {tensor}" + (
        ", or pictures uint8 [frames, height, width, 3] in RGB" if meaning["pixels"] else ""
    )
    raise Stop(USAGE, f"'{path}' holds {got} for the input '{meaning['name']}'", advice)


def read_pictures(path: Path) -> Footage:
    if path.suffix != ".npy":
        return Footage(path)
    array = load_arrays(path, "")[""]
    if array.dtype != np.uint8 or array.ndim != 4 or array.shape[-1] != 3:
        raise Stop(
            USAGE, f"'{path}' holds {array.dtype} {list(array.shape)}, no pictures", "they are uint8 [n, h, w, 3]"
        )
    return Footage(array)


def load_arrays(path: Path, name: str) -> dict[str, Array]:
    """The arrays of a .npz by name, or that of a .npy under the given one."""
    try:
        loaded = np.load(path, allow_pickle=False)
        return dict(loaded) if path.suffix == ".npz" else {name: loaded}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise Stop(USAGE, f"'{path}' cannot be read: {error or 'it is empty'}") from None


def streamed(
    pictures: Iterable[Picture | FfmpegPicture], bundle: Bundle, parts: Parts, stride: int, every: int
) -> Iterator[tuple[int, list[Array]]]:
    """(number of the picture, outputs) for every `every`-th of the pictures that are looked at: each `stride`-th."""
    split, whole = parts.split, bundle.inputs[0]
    frame = {**whole, **{key: split["frame"][key] for key in ("shape", "dtype", "scale", "zero_point")}}
    frame.update(frames=1, gap=0, pixels=whole["pixels"] and {**whole["pixels"], "frames": 1, "clip_frames": 1})
    clip, looked_at = Clip([frame]), 0
    for number, picture in enumerate(pictures):
        if number % stride:
            continue
        clip.put(0, picture)
        parts.push(arranged(clip.values()[0], frame, np.dtype(frame["dtype"])))
        looked_at += 1
        if parts.full and (looked_at - split["frames"]) % every == 0:
            yield number, parts.head()
    if not parts.full:
        raise Stop(USAGE, f"it ended after {looked_at} of {split['frames']} frames", "a smaller --stride needs fewer")


def golden(bundle: Bundle, network: Network | Parts, runs: int = 1) -> list[dict[str, Any]]:
    """What the network answers to the golden vectors, and how far that is from what it should."""
    compared = []
    for vector in bundle.manifest["golden"]:
        given, expected = ([bundle.load(name) for name in vector[end]] for end in ("inputs", "outputs"))
        for _ in range(runs):
            got = network(given)
        steps = np.concatenate([np.abs(a.astype(int) - b.astype(int)).ravel() for a, b in zip(got, expected)])
        compared.append(
            {
                "clip": vector["clip"],
                "model": network.name,
                "values": len(steps),
                "different": int(np.count_nonzero(steps)),
                "largest_difference": int(steps.max()),
                "tolerance": vector["tolerance_lsb"],
                "sha256": hashlib.sha256(b"".join(array.tobytes() for array in got)).hexdigest(),
            }
        )
    return compared


def misfits(bundle: Bundle, network: Network | Parts) -> list[str]:
    """Where the model files and the manifest speak of different tensors."""
    asked = network.asked(bundle.manifest)
    wanted = [[(t["dtype"], t["shape"]) for t in tensors] for tensors in asked]
    found = [[(np.dtype(t["dtype"]).name, t["shape"].tolist()) for t in tensors] for tensors in network.ends]
    return [] if wanted == found else [f"{network.name} has the tensors {found}, its manifest tells of {wanted}"]


def self_test(bundle: Bundle, opened: Callable[[], Sequence[Network | Parts]], runs: int = 1) -> dict[str, Any]:
    """Whether the files are whole, and whether this machine computes what the exporting machine did.

    Nothing is run of a bundle that is damaged.
    """
    told: dict[str, Any] = {"machine": platform.machine(), "python": platform.python_version(), "golden": []}
    findings, told["absent"], told["milliseconds"] = bundle.damage(), bundle.absent(), {}
    for network in () if findings else opened():
        told["runtime"] = network.runtime
        unfit = misfits(bundle, network)
        findings += unfit
        told["golden"] += [] if unfit else golden(bundle, network, runs)
        told["milliseconds"][network.name] = [round(t, 3) for t in network.milliseconds]
    findings += [
        f"golden vector {g['clip']} in {g['model']}: {g['different']} of {g['values']} values differ, by up to "
        f"{g['largest_difference']} steps; {g['tolerance']} are tolerated"
        for g in told["golden"]
        if g["largest_difference"] > g["tolerance"]
    ]
    if not bundle.manifest["golden"]:
        findings.append("the bundle holds no golden vectors, so nothing was computed")
    return {"passed": not findings, "findings": findings, **told, "peak_mib": peak_mib()}


def answer(bundle: Bundle, network: Network | Parts, values: Sequence[Array]) -> list[Array]:
    """The outputs for one clip, given as values of the source network or quantized already."""
    types = [np.dtype(detail["dtype"]) for detail in network.inputs]
    return network([arranged(v, meaning, dtype) for v, meaning, dtype in zip(values, bundle.inputs, types)])


def real(array: Array, detail: dict[str, Any]) -> Array:
    """The real numbers that an output stands for, float32."""
    scale, zero = detail["quantization"]
    return (array.astype(np.float32) - zero) * np.float32(scale) if scale else array.astype(np.float32)


def described(outputs: Sequence[Array], labels: Sequence[str], top: int) -> dict[str, Any]:
    """The likeliest classes, or what there is to say about outputs that are no classes."""
    if labels and outputs[0].shape[-1] == len(labels):
        best = np.argsort(-outputs[0], axis=-1, kind="stable")[:, :top]
        rows = [[(labels[i], float(scores[i])) for i in row] for row, scores in zip(best, outputs[0])]
        return {"top": [[{"label": label, "score": score} for label, score in row] for row in rows]}
    ends = [(list(o.shape), float(o.min()), float(o.max()), float(o.mean())) for o in outputs]
    return {"outputs": [dict(zip(("shape", "min", "max", "mean"), end)) for end in ends]}


# --- The command line ------------------------------------------------------------------------------------------------


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("source", nargs="?", type=Path, help="video, folder of images, .npy or .npz")
    what.add_argument("--self-test", action="store_true", help="check every file and the golden vectors")
    what.add_argument("--camera", metavar="N", help="number, device or address of a camera")
    parser.add_argument("--as", dest="kind", choices=("pictures", "quantized"), help="what a uint8 .npy holds")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a camera's clip (default 4)")
    parser.add_argument("--stream", action="store_true", help="backbone on every new frame, head on the last ones")
    parser.add_argument("--stride", type=int, default=1, metavar="N", help="stream: look at every N-th frame")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="stream: answer after N frames looked at")
    parser.add_argument("--top", type=int, default=5, metavar="K", help="classes to print (default 5)")
    parser.add_argument("--save", type=Path, metavar="FILE.npz", help="write the last outputs, float32, into a file")
    parser.add_argument("--json", action="store_true", help="print JSON, one line per answer")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="self-test: how often each vector is run")
    parser.add_argument("--model", metavar="FILE", help=f"another model than {MODEL}")
    parser.add_argument("--delegate", default="", metavar="LIB", help="libedgetpu.so.1 for a Coral")
    threads = min(4, os.cpu_count() or 1)
    parser.add_argument("--threads", type=int, default=threads, metavar="N", help=f"default {threads} here")
    parser.add_argument("--runtime", default="", choices=RUNTIMES, help="default: the first that is installed")
    parser.add_argument("--reference", action="store_true", help="slow kernels that agree on all machines")
    options = parser.parse_args(arguments)
    for name in ("seconds", "stride", "every", "top", "runs", "threads"):
        if getattr(options, name) <= 0:
            parser.error(f"--{name} must be above 0")
    return options


def open_whole(bundle: Bundle, how: Settings, name: str = MODEL) -> Network:
    return Network(_compiled(bundle, name, how), how)


def open_parts(bundle: Bundle, how: Settings) -> Parts:
    split = bundle.split
    if split is None:
        raise Stop(USAGE, "the bundle is not split", "export it with --split backbone,head")
    names = [bundle.path(split[part]).name for part in ("backbone", "head")]
    backbone, head = (Network(_compiled(bundle, name, how), how) for name in names)
    return Parts(backbone, head, split)


def for_device(bundle: Bundle, how: Settings, model: str | None = None) -> list[Network | Parts]:
    """What the device runs: the whole network and, where it is split, its parts; an Edge TPU only the parts then."""
    if model:
        return [open_whole(bundle, how, model)]
    parts: list[Network | Parts] = [open_parts(bundle, how)] if bundle.split else []
    return parts if parts and "edgetpu" in how.delegate else [open_whole(bundle, how), *parts]


def _compiled(bundle: Bundle, name: str, how: Settings) -> Path:
    """The model file, or what edgetpu_compiler made of it."""
    edge = "edgetpu" in how.delegate and not name.endswith("_edgetpu.tflite")
    file = bundle.folder / (name.replace(".tflite", "_edgetpu.tflite") if edge else name)
    if not file.is_file():
        advice = "run compile.sh on a PC with edgetpu_compiler" if edge else "copy the whole bundle"
        raise Stop(USAGE, f"there is no '{file}'", advice)
    return file


def run(options: argparse.Namespace) -> int:
    bundle = Bundle(Path(__file__).resolve().parent)
    how = Settings(options.runtime, options.threads, options.delegate, options.reference)
    if options.self_test:
        told = self_test(bundle, lambda: for_device(bundle, how, options.model), options.runs)
        print(json.dumps(told) if options.json else in_words(bundle, told))
        return 0 if told["passed"] else FOUND
    labels = bundle.labels()
    for told, outputs in answers(bundle, how, options):
        if options.save:
            np.savez(options.save, *outputs)
        told = {**told, **described(outputs, labels, options.top)}
        print(json.dumps(told) if options.json else "\n".join(lines(told)), flush=True)
    return 0


def answers(bundle: Bundle, how: Settings, options: argparse.Namespace) -> Iterator[tuple[dict[str, Any], list[Array]]]:
    """What is known of each answer, and its outputs as real numbers."""
    if options.stream:
        parts = open_parts(bundle, how)
        pictures = decode(options.camera) if options.source is None else read_pictures(options.source)
        for number, outputs in streamed(pictures, bundle, parts, options.stride, options.every):
            told = {"frame": number, "milliseconds": round(parts.milliseconds[-1], 3)}
            yield told, [real(array, detail) for array, detail in zip(outputs, parts.outputs)]
        return
    network = for_device(bundle, how, options.model)[0]
    if options.source is None:
        clips = watched(decode(options.camera), bundle, options.seconds)
    else:
        clips = iter([read_values(options.source, bundle, options.kind)])
    for values in clips:
        outputs = answer(bundle, network, values)
        told = {"milliseconds": round(network.milliseconds[-1], 3)}
        yield told, [real(array, detail) for array, detail in zip(outputs, network.outputs)]


def in_words(bundle: Bundle, told: dict[str, Any]) -> str:
    whole = len(bundle.manifest["files"]) - len(told["absent"])
    text = [f"bundle    {bundle.manifest['source']} for {bundle.manifest['target']}; {whole} files checked"]
    if told["absent"]:
        text.append(f"absent    {', '.join(told['absent'])}")
    if not bundle.manifest["passed"]:
        text.append("note      not all gates held at export: see report.md")
    if "runtime" in told:
        text.append(f"runtime   {told['runtime']}, {told['machine']}, Python {told['python']}")
    for g in told["golden"]:
        apart = f"{g['different']} of {g['values']} values differ by up to {g['largest_difference']} steps"
        text.append(f"golden    {g['clip']}, {g['model']}: {apart if g['different'] else 'equal, bit for bit'}")
    for name, times in told["milliseconds"].items():
        text.append(f"time      {name}: first {times[0]:.1f} ms, median of {len(times)} {np.median(times):.1f} ms")
    text.append(f"memory    peak {told['peak_mib']:.0f} MiB" if told["peak_mib"] else "memory    not known here")
    text += [f"FINDING   {finding}" for finding in told["findings"]]
    return "\n".join([*text, "PASSED" if told["passed"] else "FAILED"])


def lines(told: dict[str, Any]) -> Iterator[str]:
    for row in told.get("top", ()):
        for entry in row:
            yield f"{entry['score']:9.4f}  {entry['label']}"
    for number, o in enumerate(told.get("outputs", ())):
        yield f"output {number} {o['shape']}: {o['min']:.4g} to {o['max']:.4g}, mean {o['mean']:.4g}"
    yield (f"frame {told['frame']}, " if "frame" in told else "") + f"{told['milliseconds']:.1f} ms"


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        return run(options)
    except Stop as stop:
        if options.json:
            print(json.dumps({"error": stop.what, "advice": stop.advice}))
        print(f"error: {stop.what}" + (f"\n  hint: {stop.advice}" if stop.advice else ""), file=sys.stderr)
        return stop.code
    except KeyboardInterrupt:
        return 0 if options.camera is not None else 130
    except BrokenPipeError:  # nobody reads on: `run.py ... | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
