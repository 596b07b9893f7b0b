import { describe, expect, it } from "vitest";
import { asProblem, problemFrom, retryAfterSeconds, unreachable } from "./problem";

function answer(status: number, body: unknown, headers: Record<string, string> = {}): Response {
    return new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });
}

describe("problemFrom", () => {
    it("reads a problem document with its field errors", async () => {
        const problem = await problemFrom(
            answer(422, {
                title: "Some values are not valid",
                status: 422,
                code: "validation_failed",
                request_id: "r-1",
                errors: [{ loc: "body.title", msg: "too long", code: "too_long" }, { loc: "body.x" }, null],
            }),
        );
        expect(problem).toMatchObject({ status: 422, code: "validation_failed", requestId: "r-1" });
        expect(problem.fields).toEqual([{ loc: "body.title", msg: "too long", code: "too_long" }]);
    });

    it("reads a token endpoint's error", async () => {
        const problem = await problemFrom(answer(400, { error: "invalid_grant", error_description: "wrong" }));
        expect(problem).toMatchObject({ code: "invalid_grant", detail: "wrong", temporary: false });
    });

    it("makes do with a status and the request id's header when the body says nothing", async () => {
        const problem = await problemFrom(answer(502, "<html>bad gateway</html>", { "X-Request-Id": "r-2" }));
        expect(problem).toMatchObject({ status: 502, code: "http_502", requestId: "r-2", temporary: true });
        expect(problem.title).not.toBe("");
    });

    it("keeps the moment that Retry-After names", async () => {
        const before = performance.now();
        const problem = await problemFrom(answer(429, {}, { "Retry-After": "30" }));
        expect(problem.retryAt).toBeGreaterThanOrEqual(before + 30_000);
        expect((await problemFrom(answer(429, {}))).retryAt).toBeUndefined();
    });
});

describe("retryAfterSeconds", () => {
    it("reads seconds and dates, and nothing else", () => {
        expect(retryAfterSeconds("12")).toBe(12);
        expect(retryAfterSeconds("Thu, 01 Jan 1970 00:01:00 GMT", 30_000)).toBe(30);
        expect(retryAfterSeconds("Thu, 01 Jan 1970 00:00:10 GMT", 30_000)).toBe(0);
        expect(retryAfterSeconds("soon")).toBeUndefined();
        expect(retryAfterSeconds(null)).toBeUndefined();
    });
});

describe("asProblem", () => {
    it("passes problems on and wraps everything else", () => {
        const problem = unreachable();
        expect(asProblem(problem)).toBe(problem);
        expect(asProblem(new TypeError("x is undefined"))).toMatchObject({ code: "unexpected", status: 0 });
        expect(asProblem("text").code).toBe("unexpected");
    });
});
