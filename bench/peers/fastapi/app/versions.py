"""Row versions as entity tags."""

import re

from fastapi import Header, Response

from .problems import Problem


def set_etag(response: Response, version: int) -> None:
    response.headers["ETag"] = f'"{version}"'


def optional_if_match(if_match: str | None = Header(None)) -> int | None:
    if if_match is None:
        return None
    if not re.fullmatch(r'"\d{1,9}"', if_match):
        raise Problem(422, "invalid_input", "header.If-Match is not an entity tag of this API")
    return int(if_match.strip('"'))


def required_if_match(if_match: str | None = Header(None)) -> int:
    version = optional_if_match(if_match)
    if version is None:
        raise Problem(428, "precondition_required", "If-Match is required")
    return version
