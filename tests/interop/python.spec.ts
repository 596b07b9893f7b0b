import { existsSync } from "node:fs";
import { expect, test } from "@playwright/test";
import * as jose from "jose";
import { interpreter, Python } from "./python";
import {
    agree,
    audience,
    beginImpersonation,
    callback,
    exchangeGrant,
    expectImpersonation,
    identity,
    type Issued,
    issueTokens,
    jwksUrl,
    makeKey,
    type Registered,
    registerShop,
    registerWithKey,
    scope,
    statusOf,
} from "./stack";
import { cell, type Client } from "./table";

let python: Python;
let installed: Partial<Record<Client, string | null>> = {};
let issued: Issued;
let shop: Registered;

test.beforeAll(async () => {
    if (existsSync(interpreter)) {
        python = new Python();
        installed = await python.ask("versions");
    }
    issued = await issueTokens();
    shop = registerShop();
});

test.afterAll(() => {
    python?.end();
});

function requirePackage(client: Client): void {
    if (!installed[client]) {
        const missing = `${client} is missing: apt-get install python3-authlib python3-jwcrypto python3-jwt python3-requests`;
        expect(process.env.REQUIRE_FOREIGN_PROGRAMS, missing).toBeUndefined();
        test.skip(true, `*** SKIPPED: ${missing} ***`);
    }
}

for (const [client, prefix] of [
    ["PyJWT", "pyjwt"],
    ["jwcrypto", "jwcrypto"],
    ["Authlib", "authlib"],
] as const) {
    const verify = (token: string, expected: { audience: string; typ: string }) =>
        python.ask<Record<string, unknown>>(`${prefix}_verify`, { token, jwks_url: jwksUrl, issuer: identity, ...expected });

    cell(client, "access token", async () => {
        requirePackage(client);
        const claims = await verify(issued.accessToken, { audience, typ: "at+jwt" });
        expect(claims).toMatchObject({ client_id: issued.client.id, role: "standard" });
        await expect(verify(issued.accessToken, { audience: "another-api", typ: "at+jwt" })).rejects.toThrow(/aud/i);
        const [head, body, signature] = issued.accessToken.split(".");
        const spoilt = `${head}.${body}.${signature?.replace(/^./, (first) => (first === "A" ? "B" : "A"))}`;
        await expect(verify(spoilt, { audience, typ: "at+jwt" })).rejects.toThrow(/signature/i);
    });

    if (client !== "Authlib") {
        cell(client, "ID token", async () => {
            requirePackage(client);
            const claims = await verify(issued.idToken, { audience: issued.client.id, typ: "JWT" });
            expect(claims).toMatchObject({ nonce: issued.nonce, email: "user@acme.example" });
        });
    }

    // Every token says what a good one says; only the key is another. null: the library refuses to make it.
    cell(client, "foreign keys", async () => {
        requirePackage(client);
        const forged = await python.ask<Record<string, string | null>>(`${prefix}_forge`, {
            token: issued.accessToken,
            jwks_url: jwksUrl,
            claims: jose.decodeJwt(issued.accessToken),
        });
        const made = Object.entries(forged).filter(([, token]) => token !== null);
        expect(made.length).toBeGreaterThanOrEqual(5);
        expect(await statusOf(issued.accessToken)).toBe(200);
        for (const [what, token] of made) {
            expect(await statusOf(token ?? ""), what).toBe(401);
        }
    });
}

interface Tokens {
    access_token: string;
    refresh_token: string;
    id_token: string;
    scope: string;
}

async function signIn(credentials: Record<string, string> = { client_id: shop.id, client_secret: shop.secret }): Promise<Tokens> {
    await python.ask("authlib_start", { issuer: identity, redirect_uri: callback, scope, ...credentials });
    const answer = await agree(await python.ask<string>("authlib_authorize"));
    return python.ask<Tokens>("authlib_exchange", { response: answer.href });
}

interface Judged {
    issuer: string;
    complaints: string[];
}

cell("Authlib", "RFC 8414 discovery", async () => {
    requirePackage("Authlib");
    const { oauth } = await python.ask<{ oauth: Judged }>("authlib_metadata", { issuer: identity });
    expect(oauth).toEqual({ issuer: identity, complaints: [] });
});

cell("Authlib", "OpenID discovery", async () => {
    requirePackage("Authlib");
    const { openid } = await python.ask<{ openid: Judged }>("authlib_metadata", { issuer: identity });
    // OpenID Connect Discovery wants RS256 to be there; we sign with ES256 alone, and claim nothing else.
    expect(openid.complaints).toEqual(['"RS256" MUST be included in "id_token_signing_alg_values_supported"']);
    expect(openid.issuer).toBe(identity);
});

cell("Authlib", "code + PKCE", async () => {
    requirePackage("Authlib");
    const tokens = await signIn();
    expect(tokens.scope).toBe(scope);
    expect(await statusOf(tokens.access_token)).toBe(200);
});

cell("Authlib", "ID token", async () => {
    requirePackage("Authlib");
    const token = await signIn();
    const claims = await python.ask<Record<string, unknown>>("authlib_id_token", { token });
    expect(claims).toMatchObject({ aud: shop.id, name: "Acme user" });
    await expect(python.ask("authlib_id_token", { token, nonce: "another" })).rejects.toThrow(/nonce/);
    const other = { ...token, access_token: issued.accessToken };
    await expect(python.ask("authlib_id_token", { token: other })).rejects.toThrow(/at_hash/);
});

cell("Authlib", "refresh", async () => {
    requirePackage("Authlib");
    const first = await signIn();
    const second = await python.ask<Tokens>("authlib_refresh");
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await statusOf(second.access_token)).toBe(200);
});

cell("Authlib", "userinfo", async () => {
    requirePackage("Authlib");
    await signIn();
    const person = await python.ask("authlib_userinfo");
    expect(person).toMatchObject({ status: 200, body: { name: "Acme user", email: "user@acme.example" } });
});

cell("Authlib", "private_key_jwt", async () => {
    requirePackage("Authlib");
    const kid = "shop-1";
    const { privateKey, jwk } = await makeKey(kid);
    const { id } = registerWithKey(jwk);
    const tokens = await signIn({ client_id: id, private_key: await jose.exportPKCS8(privateKey), kid });
    expect(await statusOf(tokens.access_token)).toBe(200);
    const { privateKey: foreign } = await makeKey(kid);
    const pretender = { client_id: id, private_key: await jose.exportPKCS8(foreign), kid };
    await expect(signIn(pretender)).rejects.toThrow(/invalid_client/);
});

cell("Authlib", "revoke", async () => {
    requirePackage("Authlib");
    const tokens = await signIn();
    expect(await python.ask("authlib_revoke")).toBe(200);
    expect(await statusOf(tokens.access_token)).toBe(401);
    await expect(python.ask("authlib_refresh")).rejects.toThrow(/invalid_grant/);
});

cell("Authlib", "introspect", async () => {
    requirePackage("Authlib");
    const tokens = await signIn();
    const ask = () => python.ask("authlib_introspect", { token: tokens.access_token });
    expect(await ask()).toMatchObject({ active: true, client_id: shop.id, role: "standard" });
    await python.ask("authlib_revoke");
    expect(await ask()).toEqual({ active: false });
});

cell("Authlib", "exchange", async () => {
    requirePackage("Authlib");
    const request = await beginImpersonation();
    await python.ask("authlib_start", { issuer: identity, client_id: "phasezero-web" });
    const tokens = await python.ask<Tokens>("authlib_token", { grant_type: exchangeGrant, ...request });
    expectImpersonation(tokens.access_token, request);
});
