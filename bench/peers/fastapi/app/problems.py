"""Every error as an RFC 9457 problem document with a stable code."""

from http import HTTPStatus

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse


class Problem(HTTPException):
    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(status, detail)
        self.code = code


def not_found(what: str) -> Problem:
    return Problem(404, "not_found", f"there is no such {what}")


def version_conflict(what: str) -> Problem:
    return Problem(412, "version_conflict", f"the {what} was changed meanwhile")


def document(status: int, code: str, detail: str, **more: object) -> JSONResponse:
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, "code": code}
    return JSONResponse({**body, **more}, status, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> JSONResponse:
        return document(problem.status_code, problem.code, problem.detail)

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        errors = [
            {"loc": ".".join(map(str, each["loc"])), "msg": each["msg"], "code": each["type"]}
            for each in error.errors()
        ]
        return document(422, "invalid_input", "the input is not valid", errors=errors)
