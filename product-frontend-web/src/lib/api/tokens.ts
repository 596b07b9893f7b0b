import { issueToken, signOutSession } from "./generated/sdk.gen";
import { sendUnsigned } from "./transport";

// Tells the token endpoint that a browser asks: the refresh token then travels only in an HttpOnly cookie. It also
// makes the request one that no foreign page can send without a CORS preflight.
export const browserHeader = { "X-Requested-With": "phasezero-web" } as const;
const unsigned = { fetch: sendUnsigned as typeof fetch, throwOnError: true } as const;

export interface Grant {
    accessToken: string;
    lifetimeSeconds: number;
}

export async function passwordGrant(email: string, password: string): Promise<Grant> {
    const { data } = await issueToken({
        ...unsigned,
        headers: browserHeader,
        body: { grant_type: "password", username: email, password },
    });
    return { accessToken: data.access_token, lifetimeSeconds: data.expires_in };
}

/** Trades the refresh cookie for a new access token; throws 400 or 401 when there is no session to renew. */
export async function refreshGrant(): Promise<Grant> {
    const { data } = await issueToken({
        ...unsigned,
        headers: browserHeader,
        body: { grant_type: "refresh_token" },
    });
    return { accessToken: data.access_token, lifetimeSeconds: data.expires_in };
}

export async function revokeSession(): Promise<void> {
    await signOutSession({ ...unsigned, headers: browserHeader });
}
