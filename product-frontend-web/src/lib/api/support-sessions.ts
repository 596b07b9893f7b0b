import { endSupportSession, issueToken, listSupportSessions } from "./generated/sdk.gen";
import type { SupportSession as Answer } from "./generated/types.gen";
import type { Grant } from "./tokens";
import { type Credentials, signedBy, unsigned } from "./transport";

export interface SupportSession extends Answer {
    /** When it runs out on the performance.now() clock, from what the service's own clock has left; undefined unless active. */
    endsAt: number | undefined;
}

export function withEnd(session: Answer): SupportSession {
    const isActive = session.state === "active";
    return { ...session, endsAt: isActive ? performance.now() + session.remaining_seconds * 1000 : undefined };
}

export const isOpen = ({ state }: Pick<Answer, "state">): boolean => state === "pending" || state === "active";

/** One session of those that the caller may see: it is among the open ones, else among the last that are over. */
export async function findSupportSession(id: string, as?: Credentials, signal?: AbortSignal): Promise<SupportSession | null> {
    const options = { throwOnError: true, ...(as ? signedBy(as) : {}), ...(signal ? { signal } : {}) } as const;
    for (const part of ["open", "over"] as const) {
        // Nearly always the first list has it.
        // oxlint-disable-next-line no-await-in-loop
        const { data } = await listSupportSessions({ ...options, query: { part, limit: 100 } });
        const found = data.items.find((each) => each.id === id);
        if (found) {
            return withEnd(found);
        }
    }
    return null;
}

/** Ending it again is no error. */
export async function stopSupportSession(id: string, as?: Credentials): Promise<void> {
    await endSupportSession({ throwOnError: true, ...(as ? signedBy(as) : {}), path: { id } });
}

const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

/** Trades the agent's own token for one of their active support session (RFC 8693); throws 400 when there is none. */
export async function supportGrant(actorToken: string, supportSession: string): Promise<Grant> {
    const { data } = await issueToken({
        ...unsigned,
        body: {
            grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
            actor_token: actorToken,
            actor_token_type: accessTokenType,
            subject_token: supportSession,
            subject_token_type: "urn:phasezero:params:oauth:token-type:impersonation-session",
        },
    });
    return { accessToken: data.access_token, lifetimeSeconds: data.expires_in };
}
