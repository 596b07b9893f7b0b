import { client } from "./generated/client.gen";
import type {
    IssueTokenData,
    IssueTokenResponses,
    SignOutSessionData,
    SignOutSessionResponses,
    StepUp,
    StepUpData,
    StepUpResponses,
    SwitchTenantData,
    SwitchTenantResponses,
} from "./generated/types.gen";
import { unsigned } from "./transport";

// The calls that every page begins with, on the generated client itself: sdk.gen.ts is one module, and through it each
// operation of the whole console would be in the first script.
const json = { "Content-Type": "application/json" } as const;

const issueToken = (body: IssueTokenData["body"]) =>
    client.post<IssueTokenResponses, unknown, true>({ url: "/token" satisfies IssueTokenData["url"], ...unsigned, headers: { ...json, ...browserHeader }, body });

// Tells the token endpoint that a browser asks: the refresh token then travels only in an HttpOnly cookie. It also
// makes the request one that no foreign page can send without a CORS preflight.
export const browserHeader = { "X-Requested-With": "phasezero-web" } as const;

export interface Grant {
    accessToken: string;
    lifetimeSeconds: number;
}

export async function passwordGrant(email: string, password: string): Promise<Grant> {
    const { data } = await issueToken({ grant_type: "password", username: email, password });
    return { accessToken: data.access_token, lifetimeSeconds: data.expires_in };
}

/** The second step, with what the first one was refused with and a code of the authenticator app or a recovery code. */
export async function codeGrant(mfaToken: string, code: string): Promise<Grant> {
    const { data } = await issueToken({ grant_type: "urn:phasezero:params:oauth:grant-type:mfa-otp", mfa_token: mfaToken, otp: code });
    return { accessToken: data.access_token, lifetimeSeconds: data.expires_in };
}

/** Proves again who this is; the session goes on with a token that says so. */
export async function proofGrant(proof: StepUp): Promise<Grant> {
    const body: StepUpData["body"] = proof;
    const { data } = await client.post<StepUpResponses, unknown, true>({ url: "/me/step-up" satisfies StepUpData["url"], throwOnError: true, headers: json, body });
    return { accessToken: data.access_token, lifetimeSeconds: data.expires_in };
}

/** Ends the session whose token is given and begins one in the other organization, cookie included. */
export async function organizationGrant(accessToken: string, tenantId: string): Promise<Grant> {
    const body: SwitchTenantData["body"] = { tenant_id: tenantId };
    const headers = { ...json, ...browserHeader, Authorization: `Bearer ${accessToken}` };
    const { data } = await client.post<SwitchTenantResponses, unknown, true>({ url: "/me/switch-tenant" satisfies SwitchTenantData["url"], ...unsigned, headers, body });
    return { accessToken: data.access_token, lifetimeSeconds: data.expires_in };
}

/** Trades the refresh cookie for a new access token; throws 400 or 401 when there is no session to renew. */
export async function refreshGrant(): Promise<Grant> {
    const { data } = await issueToken({ grant_type: "refresh_token" });
    return { accessToken: data.access_token, lifetimeSeconds: data.expires_in };
}

export async function revokeSession(): Promise<void> {
    await client.post<SignOutSessionResponses, unknown, true>({ url: "/logout" satisfies SignOutSessionData["url"], ...unsigned, headers: { ...json, ...browserHeader } });
}
