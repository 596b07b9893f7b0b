"""UUIDv7 (RFC 9562): ids that sort by the time they were made."""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    value = bytearray((time.time_ns() // 1_000_000).to_bytes(6, "big") + os.urandom(10))
    value[6] = 0x70 | value[6] & 0x0F
    value[8] = 0x80 | value[8] & 0x3F
    return UUID(bytes=bytes(value))
