import {
    acceptInvitation as sendAcceptance,
    enrolBeforeSignIn,
    forgetPassword,
    renewInvitation as sendRenewal,
    resetPassword as sendReset,
} from "@/lib/api/generated/sdk.gen";
import type { InvitationAcceptance, TotpEnrolment } from "@/lib/api/generated/types.gen";
import { browserHeader } from "@/lib/api/tokens";
import { unsigned } from "@/lib/api/transport";

/** Asks for the letter with the link; the answer is the same whether or not there is such an account. */
export async function requestResetLink(email: string): Promise<void> {
    await forgetPassword({ ...unsigned, headers: browserHeader, body: { email } });
}

export async function resetPassword(token: string, password: string): Promise<void> {
    await sendReset({ ...unsigned, body: { token, password } });
}

export async function acceptInvitation(acceptance: InvitationAcceptance): Promise<void> {
    await sendAcceptance({ ...unsigned, body: acceptance });
}

/** Asks for a new letter with a link that is too old. */
export async function renewInvitation(token: string): Promise<void> {
    await sendRenewal({ ...unsigned, body: { token } });
}

/** For a role that must have an authenticator app and has none yet. */
export async function beginEnrolment(mfaToken: string): Promise<TotpEnrolment> {
    return (await enrolBeforeSignIn({ ...unsigned, body: { mfa_token: mfaToken } })).data;
}
