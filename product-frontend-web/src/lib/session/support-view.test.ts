import { beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "../api/problem";
import type { SupportSession } from "../api/support-sessions";
import type { Grant } from "../api/tokens";
import { createSupportView } from "./support-view";
import { viewedSession } from "./view-address";

const id = "01a207fd-33d7-741e-9c12-6886b43841ab";

function token(name: string): string {
    return `.${btoa(JSON.stringify({ sub: name, tenant_id: "acme", role: "standard" }))}.`;
}

let now = 0;
const active = (seconds = 900) => ({ id, state: "active", mode: "ro", endsAt: now + seconds * 1000 }) as SupportSession;
const refused = (status: number, code: string) => new ApiProblem({ status, code, title: code });

const identity = { personId: "agent", tenantId: "home", role: "support_agent" } as const;
const own = {
    restore: vi.fn(async (): Promise<typeof identity | null> => identity),
    accessToken: vi.fn(async (): Promise<string | null> => "the agent's own"),
    renew: vi.fn(async (): Promise<string | null> => null),
};
const findSession = vi.fn(async (): Promise<SupportSession | null> => active());
const grant = vi.fn(async (): Promise<Grant> => ({ accessToken: token("first"), lifetimeSeconds: 600 }));
const stopSession = vi.fn(async () => {});
const leave = vi.fn();
const view = () => createSupportView({ own, findSession, grant, stopSession, leave, now: () => now });

/** Whether a page may go on: what is left for another page never answers. */
async function settles(promise: Promise<unknown>): Promise<boolean> {
    return Promise.race([promise.then(() => true), new Promise<boolean>((late) => setTimeout(() => late(false), 20))]);
}

beforeEach(() => {
    vi.clearAllMocks();
    now = 0;
    own.restore.mockResolvedValue(identity);
    own.accessToken.mockResolvedValue("the agent's own");
    findSession.mockImplementation(async () => active());
    grant.mockImplementation(async () => ({ accessToken: token("first"), lifetimeSeconds: 600 }));
});

describe("the support view", () => {
    it("speaks with the session's token and never with the agent's own", async () => {
        const opened = view();
        expect(await opened.restore()).toEqual({ personId: "first", tenantId: "acme", role: "standard" });
        expect(await opened.accessToken()).toBe(token("first"));
        expect(grant).toHaveBeenCalledExactlyOnceWith("the agent's own");
    });

    it("sends whoever is not signed in to the sign-in page, and shows nothing meanwhile", async () => {
        own.restore.mockResolvedValue(null);
        expect(await settles(view().restore())).toBe(false);
        expect(leave).toHaveBeenCalledExactlyOnceWith("sign_in");
        expect(grant).not.toHaveBeenCalled();
    });

    for (const found of [null, { ...active(), state: "pending" }, { ...active(), state: "revoked" }] as (SupportSession | null)[]) {
        it(`shows nothing of a session that is ${found?.state ?? "not there"}`, async () => {
            findSession.mockResolvedValue(found);
            const opened = view();
            expect(await settles(opened.restore())).toBe(false);
            expect(leave).toHaveBeenCalledExactlyOnceWith("session");
            await expect(opened.accessToken()).rejects.toMatchObject({ code: "impersonation_ended" });
            expect(grant).not.toHaveBeenCalled();
        });
    }

    it("replaces a token shortly before it ends, once for all who ask", async () => {
        const opened = view();
        await opened.restore();
        now = 590_000;
        grant.mockResolvedValue({ accessToken: token("second"), lifetimeSeconds: 310 });
        expect(await Promise.all([opened.accessToken(), opened.accessToken()])).toEqual([token("second"), token("second")]);
        expect(grant).toHaveBeenCalledTimes(2);
    });

    it("keeps the last token to its end, as another one would end no later", async () => {
        findSession.mockImplementation(async () => active(300));
        grant.mockResolvedValue({ accessToken: token("first"), lifetimeSeconds: 300 });
        const opened = view();
        await opened.restore();
        now = 295_000;
        expect(await opened.accessToken()).toBe(token("first"));
        expect(grant).toHaveBeenCalledTimes(1);
    });

    it("sends nothing once the session's time is up", async () => {
        const opened = view();
        await opened.restore();
        now = 900_000;
        await expect(opened.accessToken()).rejects.toMatchObject({ code: "impersonation_ended" });
        expect(opened.isOver()).toBe(true);
    });

    it("sends nothing after the service has said that it is over, neither as the session nor as the agent", async () => {
        const opened = view();
        await opened.restore();
        const heard = vi.fn();
        opened.subscribe(heard);
        opened.supportEnded();
        opened.supportEnded();
        expect(heard).toHaveBeenCalledTimes(1);
        expect(leave).toHaveBeenCalledExactlyOnceWith("session");
        await expect(opened.accessToken()).rejects.toMatchObject({ code: "impersonation_ended" });
        await expect(opened.renew("any")).rejects.toMatchObject({ code: "impersonation_ended" });
        expect(opened.identity()).toBeNull();
        expect(grant).toHaveBeenCalledTimes(1);
    });

    it("is over when no token is to be had for it, and goes on when the service only stumbles", async () => {
        const opened = view();
        await opened.restore();
        grant.mockRejectedValueOnce(refused(503, "unavailable"));
        await expect(opened.renew(token("first"))).rejects.toMatchObject({ code: "unavailable" });
        expect(opened.isOver()).toBe(false);
        grant.mockRejectedValueOnce(refused(400, "invalid_request"));
        await expect(opened.renew(token("first"))).rejects.toMatchObject({ code: "impersonation_ended" });
        expect(opened.isOver()).toBe(true);
    });

    it("drops a token that arrives after the end", async () => {
        const opened = view();
        await opened.restore();
        grant.mockImplementationOnce(async () => {
            opened.supportEnded();
            return { accessToken: token("late"), lifetimeSeconds: 600 };
        });
        await expect(opened.renew(token("first"))).rejects.toMatchObject({ code: "impersonation_ended" });
        expect(opened.identity()).toBeNull();
    });

    it("notices an end that nobody told it, and not a question without an answer", async () => {
        const opened = view();
        await opened.restore();
        findSession.mockRejectedValueOnce(refused(0, "unreachable"));
        await opened.check();
        expect(opened.isOver()).toBe(false);
        findSession.mockResolvedValueOnce({ ...active(), state: "revoked" });
        await opened.check();
        expect(opened.isOver()).toBe(true);
    });

    it("goes back to where it began when it is stopped, and stays when the service was not told", async () => {
        const opened = view();
        await opened.restore();
        stopSession.mockRejectedValueOnce(refused(0, "unreachable"));
        await expect(opened.stop()).rejects.toMatchObject({ code: "unreachable" });
        expect(opened.isOver()).toBe(false);
        await opened.stop();
        expect(leave).toHaveBeenCalledExactlyOnceWith("beginning");
        expect(opened.isOver()).toBe(true);
    });
});

describe("viewedSession", () => {
    it("knows the addresses below a session, and no other", () => {
        expect(viewedSession(`/support/in/${id}`)).toBe(id);
        expect(viewedSession(`/support/in/${id}/items`)).toBe(id);
        expect(viewedSession(`/support/in/${id}x`)).toBeNull();
        expect(viewedSession("/support/in/everything")).toBeNull();
        expect(viewedSession(`/support/sessions/${id}`)).toBeNull();
    });
});
