"""What shim/fault_shim.cpp does inside a service, and how it is told to."""

import mmap
import struct
from pathlib import Path

from machine import Impossible, programs

FIELDS = ("allocations_left", "burst", "allocations", "failed", "longest_transfer", "shortened")


class Shim:
    """One for each service: numbers in a file that both map."""

    def __init__(self, file: Path):
        self.library = programs().parent / "lib/fault_shim.so"
        if not self.library.exists():
            raise Impossible(f"there is no {self.library}: ./dev fault builds it")
        file.write_bytes(bytes(8 * len(FIELDS)))
        self.file = file
        with open(file, "r+b") as content:
            self.map = mmap.mmap(content.fileno(), 8 * len(FIELDS))

    @property
    def environment(self) -> dict[str, str]:
        return {"LD_PRELOAD": str(self.library), "FAULT_CONTROLS": str(self.file)}

    def read(self, field: str) -> int:
        return struct.unpack_from("q", self.map, 8 * FIELDS.index(field))[0]

    def write(self, **fields: int) -> None:
        for field, value in fields.items():
            struct.pack_into("q", self.map, 8 * FIELDS.index(field), value)

    def fail(self, site: int, burst: int) -> None:
        """The allocation that is this many from now fails, and so many behind it."""
        self.write(burst=burst, allocations_left=site + burst)

    def rest(self) -> None:
        self.write(allocations_left=0, longest_transfer=0)
