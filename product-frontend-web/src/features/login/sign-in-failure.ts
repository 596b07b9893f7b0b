import { asProblem } from "@/lib/api/problem";

export interface SignInFailure {
    text: string;
    /** When the next try makes sense, on the performance.now() clock. */
    retryAt?: number;
}

/** One sentence for wrong address and wrong password alike: which of the two it was is nobody's business. */
export function signInFailure(error: unknown): SignInFailure {
    const problem = asProblem(error);
    if (problem.status === 429) {
        return { text: "Too many attempts.", retryAt: problem.retryAt ?? performance.now() + 30_000 };
    }
    if (problem.status === 403 && problem.code === "tenant_suspended") {
        return { text: "This organization is suspended. Its administrator can tell you more." };
    }
    if (problem.status === 400 || problem.status === 401) {
        return { text: "The e-mail address or the password is not right." };
    }
    if (problem.status === 503) {
        return { text: "Sign-in is busy.", retryAt: problem.retryAt ?? performance.now() + 5_000 };
    }
    if (problem.code === "unreachable") {
        return { text: "The server cannot be reached. Check your connection and try again." };
    }
    const reference = problem.requestId ? ` (request ${problem.requestId})` : "";
    return { text: `Signing in did not work${reference}. Please try again.` };
}
