import type { UseFormReturn } from "react-hook-form";
import { describe, expect, it } from "vitest";
import { showFieldProblems } from "./field-problems";
import { ApiProblem, type ProblemInit, unreachable } from "./problem";

/** What a form with a title and a description is told. */
function told(error: unknown, words = {}): Record<string, unknown> {
    const errors: Record<string, unknown> = {};
    const form = {
        getValues: () => ({ title: "", description: "" }),
        setError: (name: string, what: unknown) => {
            errors[name] = what;
        },
    };
    showFieldProblems(error, form as unknown as UseFormReturn<{ title: string; description: string }>, words);
    return errors;
}

function problem(init: Partial<ProblemInit>): ApiProblem {
    return new ApiProblem({ status: 422, code: "invalid_input", title: "Some values are not valid", ...init });
}

describe("showFieldProblems", () => {
    it("puts each problem beside its field, as a sentence", () => {
        const fields = [{ loc: "body.title", msg: "must not be empty", code: "too_short" }];
        expect(told(problem({ fields }))).toEqual({ title: { message: "Must not be empty." } });
    });

    it("prefers the form's own words for a code", () => {
        const fields = [{ loc: "body.title", msg: "is taken", code: "taken" }];
        expect(told(problem({ fields }), { taken: "There is one like it." })).toEqual({ title: { message: "There is one like it." } });
    });

    it("keeps what is about no field of the form on top of it", () => {
        const fields = [{ loc: "body.owner", msg: "unknown field", code: "unknown_field" }];
        expect(told(problem({ fields }))).toEqual({ root: { message: "Owner: unknown field." } });
    });

    it("says that no answer came, and what to do", () => {
        expect(told(unreachable())).toEqual({
            root: { message: "The server cannot be reached. Check your connection, then try again." },
        });
    });

    it("leaves the moment of the next try for the countdown", () => {
        const refused = problem({ status: 429, code: "rate_limited", title: "Too many requests", retryAt: 4711.5 });
        expect(told(refused)).toEqual({ root: { type: "4711.5", message: "Too many requests." } });
    });

    it("names the request only where the service is to blame", () => {
        const failed = problem({ status: 500, code: "internal_error", title: "Something went wrong on the server", requestId: "r-1" });
        expect(told(failed)).toEqual({ root: { message: "Something went wrong on the server. (request r-1)" } });
        expect(told(problem({ status: 409, code: "conflict", title: "Taken", requestId: "r-1" }))).toEqual({ root: { message: "Taken." } });
    });
});
