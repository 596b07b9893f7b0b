import { asProblem } from "@/lib/api/problem";
import { common } from "@/lib/language/common";
import { words } from "./words";

export interface SignInFailure {
    text: string;
    /** When the next try makes sense, on the performance.now() clock. */
    retryAt?: number;
}

/** The second step: what was wrong is the code, or it took too long; the first step was right. */
export function codeFailure(error: unknown): SignInFailure {
    const problem = asProblem(error);
    return problem.status === 400 || problem.status === 422 ? { text: words.failures.code } : signInFailure(error);
}

/** A request of somebody who is not signed in: there is no password to blame. */
export function requestFailure(error: unknown): SignInFailure {
    const problem = asProblem(error);
    if (problem.status === 422) {
        return { text: words.failures.address };
    }
    return problem.status === 400 || problem.status === 409 ? { text: problem.title } : signInFailure(error);
}

/** One sentence for wrong address and wrong password alike: which of the two it was is nobody's business. */
export function signInFailure(error: unknown): SignInFailure {
    const problem = asProblem(error);
    if (problem.status === 429) {
        return { text: words.failures.tooMany, retryAt: problem.retryAt ?? performance.now() + 30_000 };
    }
    if (problem.status === 403 && problem.code === "tenant_suspended") {
        return { text: words.failures.suspended };
    }
    if (problem.status === 400 || problem.status === 401) {
        return { text: words.failures.wrong };
    }
    if (problem.status === 503) {
        return { text: words.failures.busy, retryAt: problem.retryAt ?? performance.now() + 5_000 };
    }
    if (problem.code === "unreachable") {
        return { text: words.failures.unreachable };
    }
    const { requestId } = problem;
    return { text: requestId ? words.failures.other(common.requestReference(requestId)) : words.failures.otherUnnamed };
}
