import { redirect } from "@tanstack/react-router";
import { agreeToAuthorization, describeAuthorization, getMe } from "@/lib/api/generated/sdk.gen";
import type { AuthorizationQuestion, Me } from "@/lib/api/generated/types.gen";
import { asProblem } from "@/lib/api/problem";
import { browserHeader } from "@/lib/api/tokens";
import { session } from "@/lib/session/browser-session";
import { type AuthorizationParameters, readParameters } from "./parameters";

export interface Authorization {
    parameters: AuthorizationParameters;
    question: AuthorizationQuestion;
    me: Me;
}

/** Goes to an address that the service has judged; the page stays as it is until the browser is gone. */
function leaveFor(address: string): Promise<never> {
    location.replace(address);
    return new Promise<never>(() => {});
}

/**
 * What the page has to know before it asks. Somebody who is not signed in signs in first; a client that wants no page
 * (prompt=none) gets its answer at once.
 */
export async function loadAuthorization(search: string, here: string): Promise<Authorization> {
    const parameters = readParameters(search);
    const [{ data: question }, identity] = await Promise.all([
        describeAuthorization({ throwOnError: true, query: parameters }),
        session.restore(),
    ]);
    if (!identity) {
        if (question.silent) {
            return leaveFor(question.decline_to);
        }
        throw redirect({ to: "/login", search: { next: here }, replace: true });
    }
    if (question.silent) {
        return agree(parameters);
    }
    const { data: me } = await getMe({ throwOnError: true });
    return { parameters, question, me };
}

/** Gives the client its code. A client may want the password given again; then the person signs in and comes back. */
export async function agree(parameters: AuthorizationParameters): Promise<never> {
    try {
        const { data } = await agreeToAuthorization({ throwOnError: true, headers: browserHeader, body: parameters });
        return await leaveFor(data.redirect_to);
    } catch (error) {
        if (asProblem(error).code !== "login_required") {
            throw error;
        }
        await session.signInAgain();
        return new Promise<never>(() => {});
    }
}

export function decline(question: AuthorizationQuestion): Promise<never> {
    return leaveFor(question.decline_to);
}
