/**
 * The running stack as the tests reach it. `./dev test` starts it and says where it is; by hand:
 *   PZ_CORS_ORIGINS=http://localhost:4000 ./dev up
 *   npm --prefix product-frontend-web run interop
 */
import { execFileSync } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import * as jose from "jose";
import { people, type Person } from "../e2e/people";

export const web = process.env.BASE_URL ?? "http://localhost:3000";
export const api = process.env.PZ_E2E_API ?? "http://localhost:8000";
/** Also the issuer. */
export const identity = process.env.PZ_E2E_IDENTITY ?? "http://localhost:8001";
export const jwksUrl = new URL("/.well-known/jwks.json", identity);
/** The audience of access tokens with the scope `api`. */
export const audience = "product-core-api";

/** Where the page of oidc-client-ts is served: the stack lets pages of this origin read its answers. */
export const pageOrigin = process.env.PZ_INTEROP_PAGE ?? "http://localhost:4000";
/** Nothing answers there: what comes back is read from the address. */
export const callback = "http://127.0.0.1:9/callback";
export const signedOut = "http://127.0.0.1:9/signed-out";
export const scope = "openid profile email api";
/** Who signs in. */
export const person = people.acmeUser;

const phasezero = process.env.PZ_INTEROP_PHASEZERO ?? join(__dirname, "../../dev");

/** Runs `phasezero` on the stack's own state and returns what it prints. It refuses PZ_ variables that it does not know. */
function runPhasezero(...words: string[]): string {
    const others = Object.entries(process.env).filter(([name]) => !name.startsWith("PZ_"));
    const env = { ...Object.fromEntries(others), PZ_STATE_DIR: process.env.PZ_INTEROP_STATE };
    return execFileSync(phasezero, words, { encoding: "utf8", env });
}

export interface Registered {
    id: string;
    /** Empty for a client without one. */
    secret: string;
}

/** Registers a client as a developer does; ids are never used twice. */
export function register(...options: string[]): Registered {
    const id = `interop-${randomBytes(6).toString("hex")}`;
    const scopes = scope.split(" ").flatMap((word) => ["--scope", word]);
    const printed = runPhasezero("clients", "add", id, "--name", "A foreign client", ...scopes, ...options);
    return { id, secret: /^client_secret\s+(\S+)$/m.exec(printed)?.[1] ?? "" };
}

/** Registers a server with a secret, which people sign in to. */
export function registerShop(): Registered {
    return register("--redirect-uri", callback, "--post-logout-redirect-uri", signedOut);
}

/** A key pair of ES256; the public half as JWK. */
export async function makeKey(kid: string): Promise<{ privateKey: CryptoKey; jwk: jose.JWK }> {
    const { publicKey, privateKey } = await jose.generateKeyPair("ES256", { extractable: true });
    return { privateKey, jwk: { ...(await jose.exportJWK(publicKey)), kid, alg: "ES256", use: "sig" } };
}

/** Registers a client with a key of its own. */
export function registerWithKey(jwk: jose.JWK, ...options: string[]): Registered {
    const directory = mkdtempSync(join(tmpdir(), "pz-interop-"));
    try {
        const file = join(directory, "jwks.json");
        writeFileSync(file, JSON.stringify({ keys: [jwk] }));
        return register("--auth", "private_key_jwt", "--jwks", file, "--redirect-uri", callback, ...options);
    } finally {
        rmSync(directory, { recursive: true });
    }
}

async function postForm(path: string, form: Record<string, string>): Promise<Response> {
    return fetch(new URL(path, identity), { method: "POST", body: new URLSearchParams(form) });
}

/** An access token of the console, as its sign-in page gets it. */
export async function signInToConsole(who: Person): Promise<string> {
    const response = await postForm("/token", { username: who.email, password: who.password });
    expect(response.status).toBe(200);
    return ((await response.json()) as { access_token: string }).access_token;
}

let consoleToken: Promise<string> | undefined;

/** What the console's page does with an authorization request when the person agrees; the address with the code. */
export async function agree(request: URL | string): Promise<URL> {
    const handedOn = await fetch(request, { redirect: "manual" });
    expect(handedOn.status, await handedOn.clone().text()).toBe(303);
    const address = new URL(handedOn.headers.get("location") ?? "");
    expect(address.origin + address.pathname).toBe(`${new URL(web).origin}/login/authorize`);
    consoleToken ??= signInToConsole(person);
    const decision = await fetch(new URL("/authorize", identity), {
        method: "POST",
        headers: {
            authorization: `Bearer ${await consoleToken}`,
            "content-type": "application/json",
            "x-requested-with": "phasezero-web",
        },
        body: JSON.stringify(Object.fromEntries(address.searchParams)),
    });
    expect(decision.status, await decision.clone().text()).toBe(200);
    return new URL(((await decision.json()) as { redirect_to: string }).redirect_to);
}

/** On the console's page, where a client has sent the browser: signs in unless somebody is signed in, and agrees. */
export async function signInOnPage(page: Page): Promise<void> {
    await expect(page.getByRole("heading", { level: 1, name: /^Sign in/ })).toBeVisible();
    if (await page.getByLabel("E-mail").isVisible()) {
        await page.getByLabel("E-mail").fill(person.email);
        await page.getByLabel("Password", { exact: true }).fill(person.password);
        await page.getByRole("button", { name: "Sign in", exact: true }).click();
    }
    await expect(page.getByRole("heading", { level: 1, name: "Sign in to A foreign client" })).toBeVisible();
    await page.getByRole("button", { name: "Continue", exact: true }).click();
}

export const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";

/**
 * What a support agent exchanges for a token inside Acme. The session is arranged in the table itself, because tokens are what
 * is tried here.
 */
export async function beginImpersonation(): Promise<Record<string, string>> {
    const actorToken = await signInToConsole(people.supportAgent);
    const session = randomUUID();
    const agent = jose.decodeJwt(actorToken).sub ?? "";
    const acme = jose.decodeJwt(await signInToConsole(person)).tenant_id as string;
    const over = `update platform.impersonation_session set state = 'ended', ended_at = now() where state = 'active'`;
    const begin = `insert into platform.impersonation_session (tenant_id, id, agent_id, agent_role, state, reason, requested_at,
        started_at, last_request_at, expires_at) values ('${acme}', '${session}', '${agent}', 'support_agent', 'active',
        'a foreign client is tried', now(), now(), now(), now() + interval '5 minutes')`;
    runPhasezero("psql", "--", "-v", "ON_ERROR_STOP=1", "-q", "-c", over, "-c", begin);
    return {
        subject_token: session,
        subject_token_type: "urn:phasezero:params:oauth:token-type:impersonation-session",
        actor_token: actorToken,
        actor_token_type: "urn:ietf:params:oauth:token-type:access_token",
    };
}

/** What the token of an exchange says of who acts, for whom and where. */
export function expectImpersonation(token: string, request: Record<string, string>): void {
    const claims = jose.decodeJwt(token);
    expect(claims).toMatchObject({
        role: "standard",
        act: { sub: jose.decodeJwt(request.actor_token ?? "").sub, role: "support_agent" },
        imp: { sid: request.subject_token, mode: "ro" },
    });
    expect(claims.sub).not.toBe(jose.decodeJwt(request.actor_token ?? "").sub);
}

/** The status with which the business API answers a request with this token. */
export async function statusOf(accessToken: string): Promise<number> {
    const response = await fetch(new URL("/api/v1/items?limit=1", api), {
        headers: { authorization: `Bearer ${accessToken}` },
    });
    await response.arrayBuffer();
    return response.status;
}

export interface Issued {
    client: Registered;
    accessToken: string;
    idToken: string;
    nonce: string;
}

/** Tokens for those who only verify: a code exchanged without any library. */
export async function issueTokens(): Promise<Issued> {
    const client = register("--redirect-uri", callback, "--auth", "none");
    const verifier = randomBytes(32).toString("base64url");
    const nonce = randomBytes(16).toString("base64url");
    const request = new URL("/authorize", identity);
    request.search = new URLSearchParams({
        response_type: "code",
        client_id: client.id,
        redirect_uri: callback,
        scope,
        nonce,
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
    }).toString();
    const response = await postForm("/token", {
        grant_type: "authorization_code",
        client_id: client.id,
        redirect_uri: callback,
        code: (await agree(request)).searchParams.get("code") ?? "",
        code_verifier: verifier,
    });
    expect(response.status, await response.clone().text()).toBe(200);
    const tokens = (await response.json()) as { access_token: string; id_token: string };
    return { client, accessToken: tokens.access_token, idToken: tokens.id_token, nonce };
}
