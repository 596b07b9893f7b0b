import { common } from "../language/common";
import { client } from "./generated/client.gen";
import { ApiProblem, problemFrom, unreachable } from "./problem";

/** Who signs the requests. The session registers itself here, so that lib/api knows nothing of tabs or storage. */
export interface Credentials {
    /** The access token to send, or null when nobody is signed in. */
    accessToken(): Promise<string | null>;
    /** Called once after a 401 with the token it answered; null when the session is over. */
    renew(rejected: string): Promise<string | null>;
}

let credentials: Credentials | null = null;

export function signRequestsWith(source: Credentials): void {
    credentials = source;
}

async function attempt(request: Request, token: string | null): Promise<Response> {
    if (token) {
        request.headers.set("Authorization", `Bearer ${token}`);
    }
    try {
        return await fetch(request);
    } catch (error) {
        if (error instanceof DOMException && error.name === "AbortError") {
            throw error;
        }
        throw unreachable();
    }
}

async function accepted(response: Response): Promise<Response> {
    if (!response.ok) {
        throw await problemFrom(response);
    }
    return response;
}

/** Sends without an access token: the token endpoint itself. */
export async function sendUnsigned(request: Request): Promise<Response> {
    return accepted(await attempt(request, null));
}

/** Options of a call that nobody has to be signed in for. */
export const unsigned = { fetch: sendUnsigned as typeof fetch, throwOnError: true } as const;

/**
 * Sends with the access token; a 401 leads to one silent renewal and one more try. A 401 that asks for a fresh proof of
 * who this is (RFC 9470) is no reason to renew: another token of the same session would be refused like this one.
 */
export async function send(request: Request): Promise<Response> {
    const token = (await credentials?.accessToken()) ?? null;
    const response = await attempt(request.clone() as Request, token);
    if (response.status !== 401 || !token || !credentials) {
        return accepted(response);
    }
    const refusal = await problemFrom(response);
    if (refusal.code === "reauthentication_required") {
        throw refusal;
    }
    const renewed = await credentials.renew(token);
    if (!renewed) {
        throw new ApiProblem({ status: 401, code: "session_ended", title: common.problems.session_ended });
    }
    return accepted(await attempt(request, renewed));
}

client.setConfig({ baseUrl: "", fetch: send as typeof fetch });
