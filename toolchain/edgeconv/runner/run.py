#!/usr/bin/env python3
"""Run the model of this bundle on a device. Needs Python 3.8, numpy and one TFLite runtime; README.md says more.

    python3 run.py --self-test       are all files whole, and does this machine compute what it should?
    python3 run.py video.mp4         what is to be seen? Also a folder of images, or a .npy
    python3 run.py --camera 0        the same for what a camera sees, until Ctrl-C

Exit codes: 0 fine, 1 the self-test found something, 2 wrong use, 4 the runtime or the machine failed.
"""

# ruff: noqa: B905 - zip(strict=True) came with Python 3.10

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import platform
import re
import sys
import time
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Callable, Iterator, Sequence  # noqa: UP035 - collections.abc[...] needs 3.9

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

FORMAT = 3
FOUND, USAGE, FAILED = 1, 2, 4
MODEL, EDGE_TPU_MODEL = "model_int8.tflite", "model_int8_edgetpu.tflite"
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
            self.text = (folder / "manifest.json").read_text(encoding="utf-8")
            self.manifest: dict[str, Any] = json.loads(self.text)
            version = self.manifest["format_version"]
        except OSError as error:
            raise Stop(USAGE, f"no manifest.json in '{folder}': {error.strerror}", "copy the whole bundle") from None
        except (ValueError, KeyError, TypeError) as error:
            raise Stop(FOUND, f"manifest.json is damaged: {error}", "copy the bundle again") from None
        if version != FORMAT:
            raise Stop(USAGE, f"manifest.json has format {version}, this run.py reads {FORMAT}", "use its own run.py")
        self.inputs: list[dict[str, Any]] = self.manifest["inputs"]

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
        unsealed = {key: value for key, value in self.manifest.items() if key != "seal"}
        seal = hashlib.sha256(json.dumps(unsealed, indent=2, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
        found = [] if seal == self.manifest.get("seal") else ["manifest.json was changed: its seal is broken"]
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
        return name in (MODEL, self.manifest["labels"]) or name.startswith("golden/")


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


# --- The runtime -----------------------------------------------------------------------------------------------------


class Network:
    """A .tflite file in a runtime. Calling it takes and gives arrays as the file has them, and notes the time."""

    def __init__(self, file: Path, wanted: str = "", threads: int = 1, delegate: str = "") -> None:
        self.file, self.runtime, module = file, *open_runtime(wanted)
        self.milliseconds: list[float] = []
        options: dict[str, Any] = {"model_path": str(file), "num_threads": threads}
        try:
            if delegate:
                loader = module if hasattr(module, "load_delegate") else module.experimental
                options["experimental_delegates"] = [loader.load_delegate(delegate)]
            self._interpreter = module.Interpreter(**options)
            self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError, OSError) as error:
            raise Stop(FAILED, f"{self.runtime} does not load {file.name}: {error}", _loading(delegate)) from None
        self.inputs: list[dict[str, Any]] = self._interpreter.get_input_details()
        self.outputs: list[dict[str, Any]] = self._interpreter.get_output_details()

    def __call__(self, arrays: Sequence[Array]) -> list[Array]:
        try:
            for detail, array in zip(self.inputs, arrays):
                self._interpreter.set_tensor(detail["index"], array)
            start = time.perf_counter()
            self._interpreter.invoke()
            self.milliseconds.append((time.perf_counter() - start) * 1e3)
        except (ValueError, RuntimeError) as error:
            raise Stop(FAILED, f"{self.runtime} cannot run {self.file.name}: {error}") from None
        return [self._interpreter.get_tensor(detail["index"]) for detail in self.outputs]


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
        if isinstance(source, Path) and source.is_dir():
            self._images = sorted((p for p in source.iterdir() if p.suffix.lower() in IMAGES), key=by_number)
            if not self._images:
                raise Stop(USAGE, f"'{source}' holds no images", "they end in " + ", ".join(IMAGES))

    def __len__(self) -> int:
        """A video is decoded once to count: what its header says may be wrong."""
        return len(self._images) or sum(1 for _ in self._all())

    def pick(self, wanted: Sequence[int]) -> Iterator[tuple[int, Picture | FfmpegPicture]]:
        if self._images:
            for index in sorted(set(wanted)):
                yield index, next(decode(str(self._images[index])))
        else:
            for index, picture in enumerate(self._all()):
                if index in wanted:
                    yield index, picture

    def _all(self) -> Iterator[Picture | FfmpegPicture]:
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

    def __init__(self, bundle: Bundle) -> None:
        self._inputs = bundle.inputs
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


def sampled(footage: Footage, bundle: Bundle) -> list[Array]:
    """The input values of a whole video: the middle frame of each of equally long segments."""
    clip, total = Clip(bundle), len(footage)
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
    clip, place, start = Clip(bundle), 0, clock()
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
    if not path.exists():
        raise Stop(USAGE, f"'{path}' does not exist")
    if path.suffix not in (".npy", ".npz"):
        return sampled(Footage(path), bundle)
    try:
        loaded = np.load(path, allow_pickle=False)
        named = dict(loaded) if path.suffix == ".npz" else {bundle.inputs[0]["name"]: loaded}
    except (OSError, ValueError) as error:
        raise Stop(USAGE, f"'{path}' cannot be read: {error}") from None
    for array in named.values():
        if array.dtype == np.uint8 and array.ndim == 4 and array.shape[-1] == 3 and kind != "quantized":
            if not kind and ("uint8", list(array.shape)) in [(m["dtype"], m["shape"]) for m in bundle.inputs]:
                raise Stop(USAGE, f"'{path}' may be pictures or quantized", "say --as pictures or --as quantized")
            return sampled(Footage(array), bundle)
    for meaning in bundle.inputs:
        asked = [f"float32 {meaning['source_shape']}", f"{meaning['dtype']} {meaning['shape']}"]
        array = named.get(meaning["name"])
        got = "nothing" if array is None else f"{array.dtype} {list(array.shape)}"
        if got not in asked:
            advice = f"it takes {asked[0]}, quantized {asked[1]}, or pictures uint8 [frames, height, width, 3] in RGB"
            raise Stop(USAGE, f"'{path}' holds {got} for the input '{meaning['name']}'", advice)
    return [named[meaning["name"]] for meaning in bundle.inputs]


def golden(bundle: Bundle, network: Network, runs: int = 1) -> list[dict[str, Any]]:
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
                "values": len(steps),
                "different": int(np.count_nonzero(steps)),
                "largest_difference": int(steps.max()),
                "tolerance": vector["tolerance_lsb"],
            }
        )
    return compared


def misfits(bundle: Bundle, network: Network) -> list[str]:
    """Where the model file and the manifest speak of different tensors."""
    asked = [(m["dtype"], m["shape"]) for m in (*bundle.inputs, *bundle.manifest["outputs"])]
    found = [(np.dtype(d["dtype"]).name, d["shape"].tolist()) for d in (*network.inputs, *network.outputs)]
    return [] if asked == found else [f"{network.file.name} has the tensors {found}, its manifest tells of {asked}"]


def self_test(bundle: Bundle, open_network: Callable[[], Network], runs: int) -> dict[str, Any]:
    """Whether the files are whole, and whether this machine computes what the exporting machine did."""
    told: dict[str, Any] = {"machine": platform.machine(), "python": platform.python_version()}
    findings, told["absent"] = bundle.damage(), bundle.absent()
    if not findings:
        network = open_network()
        findings = misfits(bundle, network)
        told.update(model=network.file.name, runtime=network.runtime)
        told["golden"] = [] if findings else golden(bundle, network, runs)
        findings += [
            f"golden vector {g['clip']}: {g['different']} of {g['values']} values differ, by up to "
            f"{g['largest_difference']} steps; {g['tolerance']} are tolerated"
            for g in told["golden"]
            if g["largest_difference"] > g["tolerance"]
        ]
        if not bundle.manifest["golden"]:
            findings.append("the bundle holds no golden vectors, so nothing was computed")
        told.update(milliseconds=[round(t, 3) for t in network.milliseconds], peak_mib=peak_mib())
    return {"passed": not findings, "findings": findings, **told}


def answer(bundle: Bundle, network: Network, values: Sequence[Array], top: int) -> dict[str, Any]:
    """Run one clip; the likeliest classes, or what there is to say about outputs that are no classes."""
    inputs = [arranged(v, m, np.dtype(d["dtype"])) for v, m, d in zip(values, bundle.inputs, network.inputs)]
    outputs = [real(array, detail) for array, detail in zip(network(inputs), network.outputs)]
    labels = bundle.labels()
    told: dict[str, Any] = {"milliseconds": round(network.milliseconds[-1], 3), "outputs": outputs}
    if labels and outputs[0].shape[-1] == len(labels):
        best = np.argsort(-outputs[0], axis=-1, kind="stable")[:, :top]
        told["top"] = [
            [{"label": labels[i], "score": float(scores[i])} for i in row] for row, scores in zip(best, outputs[0])
        ]
    return told


def real(array: Array, detail: dict[str, Any]) -> Array:
    """The real numbers that an output stands for, float32."""
    scale, zero = detail["quantization"]
    return (array.astype(np.float32) - zero) * np.float32(scale) if scale else array.astype(np.float32)


# --- The command line ------------------------------------------------------------------------------------------------


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("source", nargs="?", type=Path, help="video, folder of images, .npy or .npz")
    what.add_argument("--self-test", action="store_true", help="check every file and the golden vectors")
    what.add_argument("--camera", metavar="N", help="number, device or address of a camera")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a camera's clip (default 4)")
    parser.add_argument("--top", type=int, default=5, metavar="K", help="classes to print (default 5)")
    parser.add_argument("--as", dest="kind", choices=("pictures", "quantized"), help="what a uint8 .npy holds")
    parser.add_argument("--save", type=Path, metavar="FILE.npz", help="write the outputs, float32, into a file")
    parser.add_argument("--runs", type=int, default=1, metavar="N", help="self-test: how often each vector is run")
    parser.add_argument("--model", metavar="FILE", help=f"default {MODEL}, with an Edge TPU {EDGE_TPU_MODEL}")
    parser.add_argument("--delegate", default="", metavar="LIB", help="libedgetpu.so.1 for a Coral")
    parser.add_argument("--threads", type=int, default=4, metavar="N", help="default 4")
    parser.add_argument("--runtime", default="", choices=RUNTIMES, help="default: the first that is installed")
    parser.add_argument("--json", action="store_true", help="print JSON, one line per clip")
    options = parser.parse_args(arguments)
    for name in ("seconds", "top", "runs", "threads"):
        if getattr(options, name) <= 0:
            parser.error(f"--{name} must be above 0")
    return options


def model_file(bundle: Bundle, options: argparse.Namespace) -> Path:
    name = options.model or (EDGE_TPU_MODEL if "edgetpu" in options.delegate else MODEL)
    file = bundle.folder / name
    if not file.is_file():
        advice = "run compile.sh on a PC with edgetpu_compiler" if name == EDGE_TPU_MODEL else "copy the whole bundle"
        raise Stop(USAGE, f"there is no '{file}'", advice)
    return file


def run(options: argparse.Namespace) -> int:
    bundle = Bundle(Path(__file__).resolve().parent)

    def open_network() -> Network:
        return Network(model_file(bundle, options), options.runtime, options.threads, options.delegate)

    if options.self_test:
        told = self_test(bundle, open_network, options.runs)
        print(json.dumps(told) if options.json else in_words(bundle, told))
        return 0 if told["passed"] else FOUND
    network = open_network()
    if options.camera is None:
        clips = iter([read_values(options.source, bundle, options.kind)])
    else:
        clips = watched(decode(options.camera), bundle, options.seconds)
    for values in clips:
        told = answer(bundle, network, values, options.top)
        outputs = told.pop("outputs")
        if options.save:
            np.savez(options.save, *outputs)
        told["outputs"] = [
            {"shape": list(o.shape), "min": float(o.min()), "max": float(o.max()), "mean": float(o.mean())}
            for o in outputs
        ]
        print(json.dumps(told) if options.json else "\n".join(lines(told)), flush=True)
    return 0


def in_words(bundle: Bundle, told: dict[str, Any]) -> str:
    whole = len(bundle.manifest["files"]) - len(told["absent"])
    text = [f"bundle    {bundle.manifest['source']} for {bundle.manifest['target']}; {whole} files checked"]
    if told["absent"]:
        text.append(f"absent    {', '.join(told['absent'])}")
    if not bundle.manifest["passed"]:
        text.append("note      not all gates held at export: see report.md")
    if "runtime" in told:
        text.append(f"runtime   {told['runtime']}, {told['model']}, {told['machine']}, Python {told['python']}")
    for g in told.get("golden", ()):
        apart = f"{g['different']} of {g['values']} values differ by up to {g['largest_difference']} steps"
        text.append(f"golden    {g['clip']}: {apart if g['different'] else 'equal, bit for bit'}")
    if told.get("milliseconds"):
        first, median = told["milliseconds"][0], float(np.median(told["milliseconds"]))
        text.append(f"time      {first:.1f} ms the first time, median of {len(told['milliseconds'])}: {median:.1f} ms")
        text.append(f"memory    peak {told['peak_mib']:.0f} MiB" if told["peak_mib"] else "memory    not known here")
    text += [f"FINDING   {finding}" for finding in told["findings"]]
    return "\n".join([*text, "PASSED" if told["passed"] else "FAILED"])


def lines(told: dict[str, Any]) -> Iterator[str]:
    for row in told.get("top", ()):
        for entry in row:
            yield f"{entry['score']:9.4f}  {entry['label']}"
    if "top" not in told:
        for number, o in enumerate(told["outputs"]):
            yield f"output {number} {o['shape']}: {o['min']:.4g} to {o['max']:.4g}, mean {o['mean']:.4g}"
    yield f"({told['milliseconds']:.1f} ms)"


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


if __name__ == "__main__":
    sys.exit(main())
