import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ApiProblem } from "./problem";
import { type Credentials, send, signedBy, signRequestsWith } from "./transport";

const sent: { authorization: string | null; body: string }[] = [];

function serverAccepting(token: string) {
    return vi.fn(async (request: Request) => {
        const authorization = request.headers.get("Authorization");
        sent.push({ authorization, body: await request.text() });
        return authorization === `Bearer ${token}` ? new Response("{}") : new Response("{}", { status: 401 });
    });
}

function post(): Request {
    return new Request("https://console.example/api/v1/items", { method: "POST", body: '{"title":"a"}' });
}

describe("send", () => {
    let credentials: { [Name in keyof Credentials]: ReturnType<typeof vi.fn> };

    beforeEach(() => {
        sent.length = 0;
        credentials = { accessToken: vi.fn(async () => "old"), renew: vi.fn(async () => "new") };
        signRequestsWith(credentials as unknown as Credentials);
    });
    afterEach(() => vi.unstubAllGlobals());

    it("renews a refused token once and sends the same request again", async () => {
        vi.stubGlobal("fetch", serverAccepting("new"));
        expect((await send(post())).status).toBe(200);
        expect(credentials.renew).toHaveBeenCalledExactlyOnceWith("old");
        expect(sent).toEqual([
            { authorization: "Bearer old", body: '{"title":"a"}' },
            { authorization: "Bearer new", body: '{"title":"a"}' },
        ]);
    });

    it("gives up when the renewed token is refused too", async () => {
        vi.stubGlobal("fetch", serverAccepting("neither"));
        await expect(send(post())).rejects.toMatchObject({ status: 401 });
        expect(sent).toHaveLength(2);
    });

    it("does not send again when there is no session to renew", async () => {
        vi.stubGlobal("fetch", serverAccepting("new"));
        credentials.renew.mockResolvedValueOnce(null);
        await expect(send(post())).rejects.toMatchObject({ status: 401, code: "session_ended" });
        expect(sent).toHaveLength(1);
    });

    it("does not renew where a fresh proof of who this is would be needed", async () => {
        vi.stubGlobal("fetch", vi.fn(async () => new Response('{"code":"reauthentication_required"}', { status: 401 })));
        await expect(send(post())).rejects.toMatchObject({ status: 401, code: "reauthentication_required" });
        expect(credentials.renew).not.toHaveBeenCalled();
    });

    it("does not renew the token of a support session that is over, and tells its owner", async () => {
        const supportEnded = vi.fn();
        signRequestsWith({ ...(credentials as unknown as Credentials), supportEnded });
        vi.stubGlobal("fetch", vi.fn(async () => new Response('{"code":"impersonation_ended"}', { status: 401 })));
        await expect(send(post())).rejects.toMatchObject({ status: 401, code: "impersonation_ended" });
        expect(supportEnded).toHaveBeenCalledTimes(1);
        expect(credentials.renew).not.toHaveBeenCalled();
    });

    it("signs a call as somebody else where it is told to", async () => {
        vi.stubGlobal("fetch", serverAccepting("other"));
        const other = { accessToken: async () => "other", renew: async () => null };
        expect((await signedBy(other).fetch(post())).status).toBe(200);
        expect(sent.map(({ authorization }) => authorization)).toEqual(["Bearer other"]);
    });

    it("reports a connection that fails as a problem", async () => {
        vi.stubGlobal("fetch", vi.fn(async () => Promise.reject(new TypeError("Failed to fetch"))));
        await expect(send(post())).rejects.toBeInstanceOf(ApiProblem);
    });
});
