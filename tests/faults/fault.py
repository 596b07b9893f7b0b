"""The table of faults. A fault is a coroutine `(workshop, rounds, report)`; what it must show stands in its first line."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from machine import Workshop
from report import Report


@dataclass(frozen=True)
class Fault:
    name: str
    number: str  # the row of the reliability plan
    goal: str
    play: Callable[[Workshop, int, Report], Awaitable[None]]
    short: int  # rounds in ./dev test; 0: only in the long run
    long: int
    packages: tuple[str, ...] = ()  # of Debian, installed by ./dev fault when this one is played


FAULTS: dict[str, Fault] = {}


def fault(name: str, number: str, *, short: int, long: int, packages: tuple[str, ...] = ()):
    def add(play):
        goal = " ".join(play.__doc__.split())
        FAULTS[name] = Fault(name, number, goal, play, short, long, packages)
        return play

    return add
