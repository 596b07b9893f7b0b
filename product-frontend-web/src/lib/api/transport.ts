import { common } from "../language/common";
import { client } from "./generated/client.gen";
import { ApiProblem, problemFrom, unreachable } from "./problem";

/** Who signs the requests. The session registers itself here, so that lib/api knows nothing of tabs or storage. */
export interface Credentials {
    /** The access token to send, or null when nobody is signed in. */
    accessToken(): Promise<string | null>;
    /** Called once after a 401 with the token it answered; null when the session is over. */
    renew(rejected: string): Promise<string | null>;
    /** The support session that the token was for is over: nothing is sent with it again. */
    supportEnded?(): void;
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
 * who this is (RFC 9470), or says that a support session is over, is no reason to renew: another token would be refused
 * like this one.
 */
async function sendAs(source: Credentials | null, request: Request): Promise<Response> {
    const token = (await source?.accessToken()) ?? null;
    const response = await attempt(request.clone() as Request, token);
    if (response.status !== 401 || !token || !source) {
        return accepted(response);
    }
    const refusal = await problemFrom(response);
    if (refusal.code === "impersonation_ended") {
        source.supportEnded?.();
    }
    if (refusal.code === "impersonation_ended" || refusal.code === "reauthentication_required") {
        throw refusal;
    }
    const renewed = await source.renew(token);
    if (!renewed) {
        throw new ApiProblem({ status: 401, code: "session_ended", title: common.problems.session_ended });
    }
    return accepted(await attempt(request, renewed));
}

/** Signed as whoever the pages speak for. */
export function send(request: Request): Promise<Response> {
    return sendAs(credentials, request);
}

/** Options of a call that is signed by somebody else than whom the pages speak for. */
export function signedBy(source: Credentials) {
    return { fetch: ((request: Request) => sendAs(source, request)) as typeof fetch, throwOnError: true } as const;
}

client.setConfig({ baseUrl: "", fetch: send as typeof fetch });
