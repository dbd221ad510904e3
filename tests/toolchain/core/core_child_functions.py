"""What children are made to do: answer, fail, crash, hang, eat memory. Imported inside the child."""

from __future__ import annotations

import os
import sys
import time

from pydantic import BaseModel

from edgeconv.core.errors import GateError, ModelError, UsageError


class Ask(BaseModel):
    text: str = ""
    number: float = 0.0


class Answer(BaseModel):
    text: str
    number: float = 0.0
    process: int = 0


_CALLS: list[str] = []


def echo(ask: Ask) -> Answer:
    _CALLS.append(ask.text)
    return Answer(text=f"{len(_CALLS)}:{ask.text}", number=ask.number, process=os.getpid())


def threads(_ask: Ask) -> Answer:
    return Answer(text=os.environ["OMP_NUM_THREADS"])


def variable(ask: Ask) -> Answer:
    return Answer(text=os.environ[ask.text])


def chatter(ask: Ask) -> Answer:
    print(ask.text, flush=True)
    print(ask.text, file=sys.stderr, flush=True)
    return Answer(text="spoken")


def abort(ask: Ask) -> Answer:
    print(f"the last word is {ask.text}", file=sys.stderr, flush=True)
    os.abort()


def leave(_ask: Ask) -> Answer:
    os._exit(7)


def hang(_ask: Ask) -> Answer:
    time.sleep(600)
    return Answer(text="too late")


def spin(_ask: Ask) -> Answer:
    while True:
        pass


def refuse_usage(ask: Ask) -> Answer:
    raise UsageError(ask.text, reasons=["first", "second"], hint="do that")


def refuse_model(ask: Ask) -> Answer:
    raise ModelError(ask.text)


def refuse_gate(ask: Ask) -> Answer:
    raise GateError(ask.text)


def stumble(ask: Ask) -> Answer:
    raise KeyError(ask.text)


def exhaust(_ask: Ask) -> Answer:
    raise MemoryError


def overflow(ask: Ask) -> Answer:
    raise OSError(int(ask.number), os.strerror(int(ask.number)))


def fill(ask: Ask) -> Answer:
    block = bytearray(int(ask.number) << 20)
    return Answer(text=str(len(block)), number=float(block[-1]))
