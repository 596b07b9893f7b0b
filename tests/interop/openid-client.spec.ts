import { expect, type Page, test } from "@playwright/test";
import * as client from "openid-client";
import {
    agree,
    beginImpersonation,
    callback,
    exchangeGrant,
    expectImpersonation,
    identity,
    makeKey,
    type Registered,
    registerShop,
    registerWithKey,
    scope,
    signedOut,
    signInOnPage,
    statusOf,
} from "./stack";
import { cell } from "./table";

const issuer = new URL(identity);
/** http, because the issuer is this machine; the signatures of ID tokens, because openid-client leaves them to TLS. */
const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks];
let shop: Registered;

test.beforeAll(() => {
    shop = registerShop();
});

function discover(algorithm: "oidc" | "oauth2" = "oidc"): Promise<client.Configuration> {
    const authentication = client.ClientSecretBasic(shop.secret);
    return client.discovery(issuer, shop.id, undefined, authentication, { algorithm, execute });
}

interface Attempt {
    address: URL;
    checks: client.AuthorizationCodeGrantChecks;
}

async function begin(config: client.Configuration): Promise<Attempt> {
    const verifier = client.randomPKCECodeVerifier();
    const state = client.randomState();
    const nonce = client.randomNonce();
    const address = client.buildAuthorizationUrl(config, {
        redirect_uri: callback,
        scope,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
    });
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true };
    return { address, checks };
}

async function signIn(config: client.Configuration) {
    const { address, checks } = await begin(config);
    return client.authorizationCodeGrant(config, await agree(address), checks);
}

/** The way that people go; the other tests take the console's steps by themselves. */
async function signInWithBrowser(page: Page, config: client.Configuration) {
    const { address, checks } = await begin(config);
    await page.route(`${callback}?*`, (route) => route.fulfill({ body: "back" }));
    await page.goto(address.href);
    await signInOnPage(page);
    await page.waitForURL(`${callback}?*`);
    return client.authorizationCodeGrant(config, new URL(page.url()), checks);
}

for (const [flow, algorithm] of [
    ["OpenID discovery", "oidc"],
    ["RFC 8414 discovery", "oauth2"],
] as const) {
    cell("openid-client", flow, async () => {
        const metadata = (await discover(algorithm)).serverMetadata();
        expect(metadata.issuer).toBe(identity);
        expect(metadata.supportsPKCE()).toBe(true);
        expect(metadata.authorization_response_iss_parameter_supported).toBe(true);
    });
}

cell("openid-client", "code + PKCE", async ({ page }) => {
    const tokens = await signInWithBrowser(page, await discover());
    expect(tokens.scope).toBe(scope);
    expect(await statusOf(tokens.access_token)).toBe(200);
});

cell("openid-client", "ID token", async () => {
    const config = await discover();
    const claims = (await signIn(config)).claims();
    expect(claims).toMatchObject({ iss: identity, aud: shop.id, amr: ["pwd"], name: "Acme user" });
    const { address, checks } = await begin(config);
    const other = { ...checks, expectedNonce: client.randomNonce() };
    await expect(client.authorizationCodeGrant(config, await agree(address), other)).rejects.toMatchObject({
        code: "OAUTH_JWT_CLAIM_COMPARISON_FAILED",
    });
});

cell("openid-client", "refresh", async () => {
    const config = await discover();
    const first = await signIn(config);
    const second = await client.refreshTokenGrant(config, first.refresh_token ?? "");
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await statusOf(second.access_token)).toBe(200);
    const third = await client.refreshTokenGrant(config, second.refresh_token ?? "", { scope: "openid" });
    expect(third.scope).toBe("openid");
    expect(await statusOf(third.access_token)).toBe(401);
});

cell("openid-client", "userinfo", async () => {
    const config = await discover();
    const tokens = await signIn(config);
    const subject = tokens.claims()?.sub ?? "";
    const person = await client.fetchUserInfo(config, tokens.access_token, subject);
    expect(person).toEqual({ sub: subject, name: "Acme user", email: "user@acme.example", email_verified: false });
});

cell("openid-client", "private_key_jwt", async () => {
    const { privateKey, jwk } = await makeKey("shop-1");
    const { id } = registerWithKey(jwk);
    const kid = "shop-1";
    const config = await client.discovery(issuer, id, undefined, client.PrivateKeyJwt({ key: privateKey, kid }), { execute });
    const tokens = await signIn(config);
    expect(await statusOf(tokens.access_token)).toBe(200);
    const { privateKey: foreign } = await makeKey("shop-1");
    const pretender = await client.discovery(issuer, id, undefined, client.PrivateKeyJwt({ key: foreign, kid }), { execute });
    await expect(client.refreshTokenGrant(pretender, tokens.refresh_token ?? "")).rejects.toMatchObject({
        code: "OAUTH_WWW_AUTHENTICATE_CHALLENGE",
        status: 401,
    });
});

cell("openid-client", "revoke", async () => {
    const config = await discover();
    const tokens = await signIn(config);
    await client.tokenRevocation(config, tokens.refresh_token ?? "");
    expect(await statusOf(tokens.access_token)).toBe(401);
    await expect(client.refreshTokenGrant(config, tokens.refresh_token ?? "")).rejects.toMatchObject({
        error: "invalid_grant",
    });
});

cell("openid-client", "introspect", async () => {
    const config = await discover();
    const tokens = await signIn(config);
    const alive = await client.tokenIntrospection(config, tokens.access_token);
    expect(alive).toMatchObject({ active: true, client_id: shop.id, role: "standard", sub: tokens.claims()?.sub });
    expect(await client.tokenIntrospection(config, tokens.refresh_token ?? "")).toMatchObject({ active: true, scope });
    await client.tokenRevocation(config, tokens.access_token);
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
});

cell("openid-client", "exchange", async () => {
    const config = await client.discovery(issuer, "phasezero-web", undefined, client.None(), { execute });
    const request = await beginImpersonation();
    const tokens = await client.genericGrantRequest(config, exchangeGrant, request);
    expect(tokens).toMatchObject({ issued_token_type: "urn:ietf:params:oauth:token-type:access_token" });
    expectImpersonation(tokens.access_token, request);
});

cell("openid-client", "sign-out", async () => {
    const config = await discover();
    const tokens = await signIn(config);
    const address = client.buildEndSessionUrl(config, {
        post_logout_redirect_uri: signedOut,
        id_token_hint: tokens.id_token ?? "",
        state: "here",
    });
    const response = await fetch(address, { redirect: "manual" });
    expect(response.headers.get("location")).toBe(`${signedOut}?state=here`);
    expect(await statusOf(tokens.access_token)).toBe(401);
});
