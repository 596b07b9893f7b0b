import { asProblem, ApiProblem } from "../api/problem";
import type { SupportSession } from "../api/support-sessions";
import type { Grant } from "../api/tokens";
import type { Credentials } from "../api/transport";
import { common } from "../language/common";
import { type Identity, readIdentity } from "./claims";

/**
 * The console as a support session sees it. It is an address: whatever is below /support/in/<session> shows the
 * customer's pages with that session's token, in any tab, after a reload, and never with the agent's own identity.
 */

export interface SupportViewDependencies {
    /** The agent's own session: it proves who asks for tokens, and signs nothing else of the customer's pages. */
    own: Credentials & { restore(): Promise<Identity | null> };
    findSession(): Promise<SupportSession | null>;
    grant(agentToken: string): Promise<Grant>;
    stopSession(): Promise<void>;
    /** Goes to the sign-in page, or to where the session says why it is over: by a page load, which drops everything cached. */
    leave(to: "sign_in" | "session" | "beginning"): void;
    now(): number;
}

// A token this close to its end is replaced before it is sent.
const renewalMarginMs = 15_000;

/** A promise for a page that is being left: nothing may be shown on it any more. */
const never = new Promise<never>(() => {});

function ended(): ApiProblem {
    return new ApiProblem({ status: 401, code: "impersonation_ended", title: common.problems.impersonation_ended });
}

export function createSupportView(deps: SupportViewDependencies) {
    let session: SupportSession | null = null;
    let token: { value: string; endsAt: number; identity: Identity } | null = null;
    let exchanging: Promise<string> | null = null;
    let over = false;
    const listeners = new Set<() => void>();

    function changed(): void {
        for (const listener of listeners) {
            listener();
        }
    }

    function close(to: "session" | "beginning"): void {
        if (!over) {
            over = true;
            token = null;
            changed();
            deps.leave(to);
        }
    }

    const end = (): void => close("session");

    function adopt(found: SupportSession | null): boolean {
        if (found?.state !== "active" || found.endsAt === undefined || found.endsAt <= deps.now()) {
            end();
            return false;
        }
        session = found;
        changed();
        return true;
    }

    async function exchange(): Promise<string> {
        const agentToken = over ? null : await deps.own.accessToken();
        if (!agentToken) {
            throw ended(); // Or the agent's own session is, and the tab on the way to the sign-in page.
        }
        try {
            const grant = await deps.grant(agentToken);
            if (over) {
                throw ended();
            }
            token = {
                value: grant.accessToken,
                endsAt: deps.now() + grant.lifetimeSeconds * 1000,
                identity: readIdentity(grant.accessToken),
            };
            return grant.accessToken;
        } catch (error) {
            if (asProblem(error).status === 400) {
                end();
                throw ended();
            }
            throw error;
        }
    }

    function renewed(): Promise<string> {
        exchanging ??= exchange().finally(() => {
            exchanging = null;
        });
        return exchanging;
    }

    async function accessToken(): Promise<string> {
        // Throws rather than answering null: a request without a token would be somebody else's.
        if (over || (session?.endsAt !== undefined && deps.now() >= session.endsAt)) {
            end();
            throw ended();
        }
        // The last token ends with the session, and another one would end no later.
        const isLast = token && session?.endsAt !== undefined && token.endsAt >= session.endsAt - 1_000;
        return token && (isLast || deps.now() < token.endsAt - renewalMarginMs) ? token.value : renewed();
    }

    return {
        session: (): SupportSession | null => session,
        isOver: (): boolean => over,
        identity: (): Identity | null => token?.identity ?? null,

        subscribe(listener: () => void): () => void {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },

        /** What a page load begins with: the agent signed in, their session active, and a token of it. */
        async restore(): Promise<Identity | null> {
            if (over) {
                return never;
            }
            if (!token) {
                if (!(await deps.own.restore())) {
                    deps.leave("sign_in");
                    return never;
                }
                if (!adopt(await deps.findSession())) {
                    return never;
                }
                try {
                    await accessToken();
                } catch (error) {
                    return over ? never : Promise.reject(error);
                }
            }
            return token?.identity ?? null;
        },

        accessToken,

        async renew(rejected: string): Promise<string> {
            return token && token.value !== rejected ? accessToken() : renewed();
        },

        supportEnded: end,

        /** Asks whether the session is still active, and how long. An answer that does not come changes nothing. */
        async check(): Promise<void> {
            if (!over && session) {
                const found = await deps.findSession().catch(() => session);
                if (!over) {
                    adopt(found);
                }
            }
        },

        /** Ends the session at the server, then leaves for where it began. Throws when the server cannot be told. */
        async stop(): Promise<void> {
            await deps.stopSession();
            close("beginning");
        },
    };
}

export type SupportView = ReturnType<typeof createSupportView>;
