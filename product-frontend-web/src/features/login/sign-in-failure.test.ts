import { describe, expect, it } from "vitest";
import { ApiProblem, unreachable } from "@/lib/api/problem";
import { codeFailure, signInFailure } from "./sign-in-failure";

function problem(status: number, code: string, retryAt?: number): ApiProblem {
    return new ApiProblem({ status, code, title: code, retryAt });
}

describe("signInFailure", () => {
    it("says the same for a wrong address and a wrong password", () => {
        const texts = [problem(400, "invalid_grant"), problem(401, "invalid_credentials")].map(
            (error) => signInFailure(error).text,
        );
        expect(new Set(texts).size).toBe(1);
    });

    it("passes the server's waiting time on, and has one of its own", () => {
        expect(signInFailure(problem(429, "slow_down", 1234)).retryAt).toBe(1234);
        expect(signInFailure(problem(429, "slow_down")).retryAt).toBeGreaterThan(performance.now());
    });

    it("tells a suspended organization from a wrong password", () => {
        expect(signInFailure(problem(403, "tenant_suspended")).text).toContain("suspended");
    });

    it("does not blame the password for a code that is wrong", () => {
        expect(codeFailure(problem(400, "invalid_grant")).text).toContain("code");
        expect(codeFailure(problem(403, "tenant_suspended")).text).toContain("suspended");
        expect(codeFailure(problem(429, "rate_limited", 1234)).retryAt).toBe(1234);
    });

    it("does not blame the password for a connection that failed", () => {
        expect(signInFailure(unreachable()).text).toContain("cannot be reached");
    });
});
