import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem, unreachable } from "../api/problem";
import type { Grant } from "../api/tokens";
import { createSession, type SessionDependencies } from "./session";

interface Who {
    sub: string;
    tenant_id: string;
    role: string;
}

const ada: Who = { sub: "person-a", tenant_id: "tenant-a", role: "admin" };
const bob: Who = { sub: "person-b", tenant_id: "tenant-b", role: "standard" };

let issued = 0;
function grant(who: Who, lifetimeSeconds = 900): Grant {
    issued += 1;
    const payload = btoa(JSON.stringify({ ...who, jti: issued })).replaceAll("+", "-").replaceAll("/", "_");
    return { accessToken: `head.${payload.replaceAll("=", "")}.signature`, lifetimeSeconds };
}

function refusal(status: number, code = "invalid_grant"): ApiProblem {
    return new ApiProblem({ status, code, title: code });
}

describe("session", () => {
    let now: number;
    let deps: { [Name in keyof SessionDependencies]: ReturnType<typeof vi.fn> };
    let session: ReturnType<typeof createSession>;

    beforeEach(() => {
        now = 0;
        deps = {
            passwordGrant: vi.fn(async () => grant(ada)),
            codeGrant: vi.fn(async () => grant(ada)),
            proofGrant: vi.fn(async () => grant(ada)),
            organizationGrant: vi.fn(async () => grant({ ...ada, tenant_id: "tenant-b" })),
            refreshGrant: vi.fn(async () => grant(ada)),
            revokeSession: vi.fn(async () => undefined),
            exclusively: vi.fn((work: () => Promise<unknown>) => work()),
            tellOtherTabs: vi.fn(),
            leave: vi.fn(),
            holdsInput: vi.fn(() => false),
            startOver: vi.fn(),
            remember: vi.fn(),
            now: vi.fn(() => now),
        };
        session = createSession(deps as unknown as SessionDependencies);
    });

    it("reads who is signed in from the token", async () => {
        await session.signIn("ada@example.org", "secret");
        expect(session.identity()).toEqual({ personId: "person-a", tenantId: "tenant-a", role: "admin" });
        expect(deps.tellOtherTabs).toHaveBeenCalledWith({ kind: "signed_in", identity: session.identity() });
    });

    it("begins with the second step just as with the first", async () => {
        await session.signInWithCode("mfa-token", "123456");
        expect(deps.codeGrant).toHaveBeenCalledExactlyOnceWith("mfa-token", "123456");
        expect(deps.tellOtherTabs).toHaveBeenCalledWith({ kind: "signed_in", identity: session.identity() });
    });

    it("goes on with the token of a fresh proof", async () => {
        await session.signIn("ada@example.org", "secret");
        const before = await session.accessToken();
        await session.prove({ password: "secret" });
        expect(await session.accessToken()).not.toBe(before);
        expect(deps.startOver).not.toHaveBeenCalled();
    });

    it("starts every tab over in another organization, and lets no tab renew the old session meanwhile", async () => {
        await session.signIn("ada@example.org", "secret");
        const token = await session.accessToken();
        await session.switchTo("tenant-b");
        expect(deps.exclusively).toHaveBeenCalledTimes(1);
        expect(deps.organizationGrant).toHaveBeenCalledExactlyOnceWith(token, "tenant-b");
        const identity = { personId: "person-a", tenantId: "tenant-b", role: "admin" };
        expect(deps.tellOtherTabs).toHaveBeenLastCalledWith({ kind: "signed_in", identity });
        expect(deps.startOver).toHaveBeenCalledTimes(1);
    });

    it("stays where it is when the other organization refuses", async () => {
        await session.signIn("ada@example.org", "secret");
        deps.organizationGrant.mockRejectedValueOnce(refusal(403, "tenant_suspended"));
        await expect(session.switchTo("tenant-b")).rejects.toMatchObject({ code: "tenant_suspended" });
        expect(deps.startOver).not.toHaveBeenCalled();
    });

    it("ends the session at the server before the password is asked for again", async () => {
        await session.signIn("ada@example.org", "secret");
        await session.signInAgain();
        expect(deps.revokeSession).toHaveBeenCalledTimes(1);
        expect(deps.leave).toHaveBeenCalledWith("again");
        expect(session.identity()).toBeNull();
    });

    it("asks for one refresh when many requests are refused at once", async () => {
        await session.signIn("ada@example.org", "secret");
        const rejected = (await session.accessToken()) ?? "";
        const renewed = await Promise.all(Array.from({ length: 20 }, () => session.renew(rejected)));
        expect(deps.refreshGrant).toHaveBeenCalledTimes(1);
        expect(deps.exclusively).toHaveBeenCalledTimes(1);
        expect(new Set(renewed).size).toBe(1);
        expect(renewed[0]).not.toBe(rejected);
    });

    it("does not refresh again for a refusal of a token that is already replaced", async () => {
        await session.signIn("ada@example.org", "secret");
        const rejected = (await session.accessToken()) ?? "";
        const renewed = await session.renew(rejected);
        expect(await session.renew(rejected)).toBe(renewed);
        expect(deps.refreshGrant).toHaveBeenCalledTimes(1);
    });

    it("renews a token before it ends", async () => {
        await session.signIn("ada@example.org", "secret");
        const first = await session.accessToken();
        now = 880_000;
        expect(await session.accessToken()).toBe(first);
        now = 886_000;
        expect(await session.accessToken()).not.toBe(first);
        expect(deps.refreshGrant).toHaveBeenCalledTimes(1);
    });

    it.each([
        [400, "expired"],
        [401, "expired"],
        [403, "suspended"],
    ])("leaves when a refresh is refused with %i", async (status, reason) => {
        await session.signIn("ada@example.org", "secret");
        deps.refreshGrant.mockRejectedValueOnce(refusal(status));
        expect(await session.renew((await session.accessToken()) ?? "")).toBeNull();
        expect(deps.leave).toHaveBeenCalledExactlyOnceWith(reason);
        expect(session.identity()).toBeNull();
    });

    describe("over, on a page that holds what somebody typed", () => {
        let told: number;
        let renewal: Promise<string | null>;

        beforeEach(async () => {
            told = 0;
            session.subscribe(() => (told += 1));
            deps.holdsInput.mockReturnValue(true);
            await session.signIn("ada@example.org", "secret");
            deps.refreshGrant.mockRejectedValueOnce(refusal(400));
            renewal = session.renew((await session.accessToken()) ?? "");
            await vi.waitFor(() => expect(session.isWaiting()).toBe(true));
        });

        it("stays, and what was refused goes on with the token of the next sign-in", async () => {
            expect(deps.leave).not.toHaveBeenCalled();
            expect(deps.remember).toHaveBeenLastCalledWith(false);
            expect(session.identity()).toMatchObject({ personId: "person-a" });
            await session.signIn("ada@example.org", "secret");
            expect(await renewal).toBe(await session.accessToken());
            expect(session.isWaiting()).toBe(false);
            expect(told).toBe(2);
        });

        it("starts over when somebody else signs in on top of it", async () => {
            deps.passwordGrant.mockResolvedValueOnce(grant(bob));
            void session.signIn("bob@example.org", "secret");
            await vi.waitFor(() => expect(deps.startOver).toHaveBeenCalledTimes(1));
            expect(session.identity()).toMatchObject({ personId: "person-a" });
            expect(session.isWaiting()).toBe(true);
        });

        it("goes on when its person signs in in another tab", async () => {
            session.hear({ kind: "signed_in", identity: { personId: "person-a", tenantId: "tenant-a", role: "admin" } });
            expect(await renewal).toBe(await session.accessToken());
            expect(session.isWaiting()).toBe(false);
        });

        it("is left when its person would rather", async () => {
            session.leave();
            expect(await renewal).toBeNull();
            expect(deps.leave).toHaveBeenCalledExactlyOnceWith("expired");
        });

        it("is left when another tab signs out", async () => {
            session.hear({ kind: "signed_out" });
            expect(await renewal).toBeNull();
            expect(deps.leave).toHaveBeenCalledExactlyOnceWith("signed_out");
        });
    });

    it("keeps no page that nobody could sign in on top of", async () => {
        deps.holdsInput.mockReturnValue(true);
        await session.signIn("ada@example.org", "secret");
        deps.refreshGrant.mockRejectedValueOnce(refusal(400));
        expect(await session.renew((await session.accessToken()) ?? "")).toBeNull();
        expect(deps.leave).toHaveBeenCalledExactlyOnceWith("expired");
    });

    it.each([
        ["cannot be reached", unreachable()],
        ["is busy", refusal(503)],
        ["asks for patience", refusal(429)],
    ])("stays signed in when the server %s", async (_how, problem) => {
        await session.signIn("ada@example.org", "secret");
        deps.refreshGrant.mockRejectedValueOnce(problem);
        await expect(session.renew((await session.accessToken()) ?? "")).rejects.toBe(problem);
        expect(deps.leave).not.toHaveBeenCalled();
        expect(session.identity()).not.toBeNull();
    });

    it("restores nothing, and leaves no page, for somebody who is not signed in", async () => {
        deps.refreshGrant.mockRejectedValueOnce(refusal(400));
        expect(await session.restore()).toBeNull();
        expect(deps.leave).not.toHaveBeenCalled();
    });

    it("starts over when the cookie turns out to be another person's", async () => {
        await session.signIn("ada@example.org", "secret");
        deps.refreshGrant.mockResolvedValueOnce(grant(bob));
        expect(await session.renew((await session.accessToken()) ?? "")).toBeNull();
        expect(deps.startOver).toHaveBeenCalledTimes(1);
    });

    it("follows the other tabs out, and starts over when another person signs in there", async () => {
        await session.signIn("ada@example.org", "secret");
        session.hear({ kind: "signed_in", identity: { personId: "person-a", tenantId: "tenant-a", role: "admin" } });
        expect(deps.startOver).not.toHaveBeenCalled();
        session.hear({ kind: "signed_in", identity: { personId: "person-b", tenantId: "tenant-b", role: "standard" } });
        expect(deps.startOver).toHaveBeenCalledTimes(1);
        session.hear({ kind: "signed_out" });
        expect(deps.leave).toHaveBeenCalledExactlyOnceWith("signed_out");
        expect(await session.accessToken()).toBeNull();
    });

    it("signs out at the server first, and does not pretend when that fails", async () => {
        await session.signIn("ada@example.org", "secret");
        deps.revokeSession.mockRejectedValueOnce(unreachable());
        await expect(session.signOut()).rejects.toBeInstanceOf(ApiProblem);
        expect(session.identity()).not.toBeNull();
        await session.signOut();
        expect(deps.tellOtherTabs).toHaveBeenLastCalledWith({ kind: "signed_out" });
        expect(deps.leave).toHaveBeenCalledExactlyOnceWith("signed_out");
    });
});
