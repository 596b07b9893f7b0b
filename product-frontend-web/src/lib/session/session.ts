import { asProblem } from "../api/problem";
import type { StepUp } from "../api/generated/types.gen";
import type { Grant } from "../api/tokens";
import { type Identity, readIdentity } from "./claims";

/** Why a tab goes back to the sign-in page. */
export type EndReason = "expired" | "signed_out" | "suspended" | "again";

export type TabMessage = { kind: "signed_out" } | { kind: "signed_in"; identity: Identity };

/** Everything the session needs from the browser and the API, so that tests can stand in for both. */
export interface SessionDependencies {
    passwordGrant(email: string, password: string): Promise<Grant>;
    codeGrant(mfaToken: string, code: string): Promise<Grant>;
    proofGrant(proof: StepUp): Promise<Grant>;
    organizationGrant(accessToken: string, tenantId: string): Promise<Grant>;
    refreshGrant(): Promise<Grant>;
    revokeSession(): Promise<void>;
    /** Runs the work while no other tab runs work under the same name. */
    exclusively<T>(work: () => Promise<T>): Promise<T>;
    tellOtherTabs(message: TabMessage): void;
    /** Leaves for the sign-in page by a full page load, which drops every cached answer with the page. */
    leave(reason: EndReason): void;
    /** Whether leaving would lose what somebody typed: then the page stays, and they sign in again on top of it. */
    holdsInput(): boolean;
    /** Another person or organization is signed in now: start over as them. */
    startOver(): void;
    /** Remembers, across page loads, only that there may be a session. */
    remember(signedIn: boolean): void;
    now(): number;
}

// A token this close to its end is renewed before it is sent, which saves a refused request.
const renewalMarginMs = 15_000;

/**
 * One browser tab's session. The access token lives in this closure and nowhere else; the refresh token is in an
 * HttpOnly cookie that this code cannot read. At most one refresh is in flight, in this tab and over all tabs.
 */
export function createSession(deps: SessionDependencies) {
    let current: { token: string; identity: Identity; endsAt: number } | null = null;
    let refreshing: Promise<string | null> | null = null;
    // The session is over, and the page waits for its person to sign in again: answered with the new token, or null on leaving.
    let waiting: ((token: string | null) => void) | null = null;
    const listeners = new Set<() => void>();

    function changeWaiting(to: typeof waiting): void {
        waiting = to;
        for (const listener of listeners) {
            listener();
        }
    }

    function answerWaiting(token: string | null): void {
        if (waiting) {
            waiting(token);
            changeWaiting(null);
        }
    }

    function adopt(grant: Grant): Identity {
        const identity = readIdentity(grant.accessToken);
        current = { token: grant.accessToken, identity, endsAt: deps.now() + grant.lifetimeSeconds * 1000 };
        deps.remember(true);
        answerWaiting(current.token);
        return identity;
    }

    function isOther(identity: Identity): boolean {
        return (
            current !== null &&
            (current.identity.personId !== identity.personId ||
                current.identity.tenantId !== identity.tenantId ||
                current.identity.role !== identity.role)
        );
    }

    function end(reason: EndReason): void {
        const wasSignedIn = current !== null;
        current = null;
        deps.remember(false);
        answerWaiting(null);
        if (wasSignedIn) {
            deps.leave(reason);
        }
    }

    async function refreshOnce(): Promise<string | null> {
        try {
            const grant = await deps.exclusively(deps.refreshGrant);
            if (isOther(readIdentity(grant.accessToken))) {
                deps.startOver();
                return null;
            }
            adopt(grant);
            return grant.accessToken;
        } catch (error) {
            const problem = asProblem(error);
            // Only a refusal ends the session; a busy or unreachable server does not sign anybody out.
            if (problem.status === 400 || problem.status === 401 || problem.status === 403) {
                if (problem.status !== 403 && current && listeners.size > 0 && deps.holdsInput()) {
                    deps.remember(false);
                    return new Promise((answer) => changeWaiting(answer));
                }
                end(problem.status === 403 ? "suspended" : "expired");
                return null;
            }
            throw error;
        }
    }

    function refresh(): Promise<string | null> {
        refreshing ??= refreshOnce().finally(() => {
            refreshing = null;
        });
        return refreshing;
    }

    async function begin(grant: Grant): Promise<Identity> {
        const identity = readIdentity(grant.accessToken);
        deps.tellOtherTabs({ kind: "signed_in", identity });
        if (isOther(identity)) {
            // On top of somebody else's page, of which nothing may stay.
            deps.startOver();
            return new Promise(() => {});
        }
        return adopt(grant);
    }

    async function accessToken(): Promise<string | null> {
        if (current && deps.now() >= current.endsAt - renewalMarginMs) {
            return refresh();
        }
        return current?.token ?? null;
    }

    return {
        identity: (): Identity | null => current?.identity ?? null,

        /** The session is over, but its page stays: requests wait until its person has signed in again, or leaves. */
        isWaiting: (): boolean => waiting !== null,

        /** Told whenever isWaiting() changes. While nobody listens, nobody could ask, and no page stays. */
        subscribe(listener: () => void): () => void {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },

        /** Gives up what the page holds, for the sign-in page. */
        leave: (): void => end("expired"),

        /** The identity behind the refresh cookie, if there is one: what a page load begins with. */
        async restore(): Promise<Identity | null> {
            if (!current) {
                await refresh();
            }
            return current?.identity ?? null;
        },

        /** Throws `mfa_required` or `mfa_enrollment_required` with the mfaToken of the second step where there is one. */
        async signIn(email: string, password: string): Promise<Identity> {
            return begin(await deps.passwordGrant(email, password));
        },

        async signInWithCode(mfaToken: string, code: string): Promise<Identity> {
            return begin(await deps.codeGrant(mfaToken, code));
        },

        /** The same session with a fresh proof of who this is. */
        async prove(proof: StepUp): Promise<void> {
            adopt(await deps.proofGrant(proof));
        },

        /**
         * Goes on in another organization of the same person: a new session with a new cookie, for every tab, and
         * nothing of the old one stays on the page. No tab may renew the old session meanwhile.
         */
        async switchTo(tenantId: string): Promise<void> {
            const token = await accessToken();
            if (!token) {
                return;
            }
            const grant = await deps.exclusively(() => deps.organizationGrant(token, tenantId));
            deps.tellOtherTabs({ kind: "signed_in", identity: readIdentity(grant.accessToken) });
            deps.startOver();
        },

        /**
         * Ends the session at the server first: while its refresh cookie works, a page that says "signed out" would
         * lie. Throws when the server cannot be told; the person is then still signed in.
         */
        async signOut(): Promise<void> {
            await deps.revokeSession();
            deps.tellOtherTabs({ kind: "signed_out" });
            end("signed_out");
        },

        /** Where the password has to be given again: ends the session, and comes back here after the next sign-in. */
        async signInAgain(): Promise<void> {
            await deps.revokeSession();
            deps.tellOtherTabs({ kind: "signed_out" });
            end("again");
        },

        accessToken,

        /** Somebody else's request may have renewed the token since `rejected` was sent: then that one is the answer. */
        async renew(rejected: string): Promise<string | null> {
            if (current && current.token !== rejected) {
                return current.token;
            }
            return refresh();
        },

        hear(message: TabMessage): void {
            if (message.kind === "signed_out") {
                end("signed_out");
            } else if (isOther(message.identity)) {
                deps.startOver();
            } else if (waiting) {
                // The cookie is this tab's, too. Where that fails, the page goes on asking.
                void deps.exclusively(deps.refreshGrant).then(adopt, () => undefined);
            }
        },
    };
}

export type Session = ReturnType<typeof createSession>;
