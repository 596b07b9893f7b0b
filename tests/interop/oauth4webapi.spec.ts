import { expect, test } from "@playwright/test";
import * as oauth from "oauth4webapi";
import {
    agree,
    audience,
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
    statusOf,
} from "./stack";
import { cell } from "./table";

const issuer = new URL(identity);
/** The issuer is this machine, over http. */
const local = { [oauth.allowInsecureRequests]: true };
let shop: Registered;

test.beforeAll(() => {
    shop = registerShop();
});

async function discover(algorithm: "oidc" | "oauth2" = "oidc"): Promise<oauth.AuthorizationServer> {
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { ...local, algorithm }));
}

interface Party {
    server: oauth.AuthorizationServer;
    client: oauth.Client;
    authentication: oauth.ClientAuth;
}

async function shopParty(): Promise<Party> {
    return { server: await discover(), client: { client_id: shop.id }, authentication: oauth.ClientSecretBasic(shop.secret) };
}

async function signIn({ server, client, authentication }: Party): Promise<oauth.TokenEndpointResponse> {
    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const nonce = oauth.generateRandomNonce();
    const request = new URL(server.authorization_endpoint ?? "");
    request.search = new URLSearchParams({
        client_id: client.client_id,
        response_type: "code",
        redirect_uri: callback,
        scope,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
    }).toString();
    const answer = oauth.validateAuthResponse(server, client, await agree(request), state);
    const response = await oauth.authorizationCodeGrantRequest(
        server, client, authentication, answer, callback, verifier, local,
    );
    const checks = { expectedNonce: nonce, requireIdToken: true };
    const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, checks);
    await oauth.validateApplicationLevelSignature(server, response, local);
    return tokens;
}

async function refresh({ server, client, authentication }: Party, token = ""): Promise<oauth.TokenEndpointResponse> {
    const response = await oauth.refreshTokenGrantRequest(server, client, authentication, token, local);
    return oauth.processRefreshTokenResponse(server, client, response);
}

for (const [flow, algorithm] of [
    ["OpenID discovery", "oidc"],
    ["RFC 8414 discovery", "oauth2"],
] as const) {
    cell("oauth4webapi", flow, async () => {
        const server = await discover(algorithm);
        expect(server.code_challenge_methods_supported).toEqual(["S256"]);
        expect(server.jwks_uri).toBe(`${identity}/.well-known/jwks.json`);
    });
}

cell("oauth4webapi", "code + PKCE", async () => {
    const tokens = await signIn(await shopParty());
    expect(tokens).toMatchObject({ token_type: "bearer", scope });
    expect(await statusOf(tokens.access_token)).toBe(200);
});

cell("oauth4webapi", "ID token", async () => {
    const claims = oauth.getValidatedIdTokenClaims(await signIn(await shopParty()));
    expect(claims).toMatchObject({ iss: identity, aud: shop.id, email: "user@acme.example" });
});

cell("oauth4webapi", "refresh", async () => {
    const party = await shopParty();
    const first = await signIn(party);
    const second = await refresh(party, first.refresh_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await statusOf(second.access_token)).toBe(200);
});

cell("oauth4webapi", "userinfo", async () => {
    const { server, client, authentication } = await shopParty();
    const tokens = await signIn({ server, client, authentication });
    const subject = oauth.getValidatedIdTokenClaims(tokens)?.sub ?? "";
    const response = await oauth.userInfoRequest(server, client, tokens.access_token, local);
    const person = await oauth.processUserInfoResponse(server, client, subject, response);
    expect(person).toMatchObject({ name: "Acme user", email: "user@acme.example" });
});

cell("oauth4webapi", "private_key_jwt", async () => {
    const { privateKey, jwk } = await makeKey("shop-1");
    const client = { client_id: registerWithKey(jwk).id };
    const authentication = oauth.PrivateKeyJwt({ key: privateKey, kid: "shop-1" });
    const party = { server: await discover(), client, authentication };
    const tokens = await signIn(party);
    expect(await statusOf(tokens.access_token)).toBe(200);
    const { privateKey: foreign } = await makeKey("shop-1");
    const pretender = { ...party, authentication: oauth.PrivateKeyJwt({ key: foreign, kid: "shop-1" }) };
    await expect(refresh(pretender, tokens.refresh_token)).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
});

cell("oauth4webapi", "access token", async () => {
    const party = await shopParty();
    const { access_token: token } = await signIn(party);
    const request = new Request("http://localhost/", { headers: { authorization: `Bearer ${token}` } });
    const claims = await oauth.validateJwtAccessToken(party.server, request, audience, local);
    expect(claims).toMatchObject({ client_id: shop.id, role: "standard" });
    await expect(oauth.validateJwtAccessToken(party.server, request, "another-api", local)).rejects.toThrow();
});

cell("oauth4webapi", "revoke", async () => {
    const party = await shopParty();
    const tokens = await signIn(party);
    const { server, client, authentication } = party;
    const response = await oauth.revocationRequest(server, client, authentication, tokens.access_token, local);
    await oauth.processRevocationResponse(response);
    expect(await statusOf(tokens.access_token)).toBe(401);
    await expect(refresh(party, tokens.refresh_token)).rejects.toMatchObject({ error: "invalid_grant" });
});

// A resource server, with a key of its own, about another client's token.
cell("oauth4webapi", "introspect", async () => {
    const { server, client, authentication } = await shopParty();
    const tokens = await signIn({ server, client, authentication });
    const { privateKey, jwk } = await makeKey("resource-1");
    const asker = { client_id: registerWithKey(jwk, "--introspects").id };
    const proof = oauth.PrivateKeyJwt({ key: privateKey, kid: "resource-1" });
    const ask = async (token: string) => {
        const response = await oauth.introspectionRequest(server, asker, proof, token, local);
        return oauth.processIntrospectionResponse(server, asker, response);
    };
    expect(await ask(tokens.access_token)).toMatchObject({ active: true, client_id: shop.id, role: "standard" });
    await oauth.revocationRequest(server, client, authentication, tokens.access_token, local);
    expect(await ask(tokens.access_token)).toEqual({ active: false });
});

cell("oauth4webapi", "exchange", async () => {
    const server = await discover();
    const client = { client_id: "phasezero-web" };
    const request = await beginImpersonation();
    const response = await oauth.genericTokenEndpointRequest(server, client, oauth.None(), exchangeGrant, request, local);
    const tokens = await oauth.processGenericTokenEndpointResponse(server, client, response);
    expectImpersonation(tokens.access_token, request);
});
