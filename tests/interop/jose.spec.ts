import { createPublicKey, type JsonWebKey } from "node:crypto";
import { expect, test } from "@playwright/test";
import * as jose from "jose";
import { audience, identity, type Issued, issueTokens, jwksUrl, statusOf } from "./stack";
import { cell } from "./table";

const keys = jose.createRemoteJWKSet(jwksUrl);
let issued: Issued;

test.beforeAll(async () => {
    issued = await issueTokens();
});

cell("jose", "access token", async () => {
    const expected = { issuer: identity, audience, typ: "at+jwt", algorithms: ["ES256"] };
    const { payload } = await jose.jwtVerify(issued.accessToken, keys, expected);
    expect(payload).toMatchObject({ client_id: issued.client.id, role: "standard" });
    const spoilt = issued.accessToken.replace(/.$/, (last) => (last === "A" ? "Q" : "A"));
    await expect(jose.jwtVerify(spoilt, keys, expected)).rejects.toThrow(jose.errors.JWSSignatureVerificationFailed);
});

cell("jose", "ID token", async () => {
    const expected = { issuer: identity, audience: issued.client.id, typ: "JWT" };
    const { payload } = await jose.jwtVerify(issued.idToken, keys, expected);
    expect(payload).toMatchObject({ nonce: issued.nonce, email: "user@acme.example" });
});

// Every token says what a good one says; only the key is another.
cell("jose", "foreign keys", async () => {
    const claims = jose.decodeJwt(issued.accessToken);
    const { kid } = jose.decodeProtectedHeader(issued.accessToken);
    const published = ((await (await fetch(jwksUrl)).json()) as jose.JSONWebKeySet).keys.find((key) => key.kid === kid);
    if (!kid || !published) {
        throw new Error("the token's key is not published");
    }
    const signed = (key: CryptoKey | Uint8Array, header: jose.JWTHeaderParameters) =>
        new jose.SignJWT(claims).setProtectedHeader({ typ: "at+jwt", ...header }).sign(key);
    const pem = createPublicKey({ key: published as JsonWebKey, format: "jwk" }).export({ type: "spki", format: "pem" });
    const bytes = (text: string | Buffer) => new TextEncoder().encode(text.toString());

    const ec = await jose.generateKeyPair("ES256", { extractable: true });
    const rsa = await jose.generateKeyPair("RS256");
    const ed = await jose.generateKeyPair("EdDSA");
    const jwk = await jose.exportJWK(ec.publicKey);
    const forged = {
        "another key under our kid": await signed(ec.privateKey, { alg: "ES256", kid }),
        "another key under its own kid": await signed(ec.privateKey, { alg: "ES256", kid: "mine" }),
        "another key without a kid": await signed(ec.privateKey, { alg: "ES256" }),
        "another key in the header": await signed(ec.privateKey, { alg: "ES256", kid, jwk }),
        "an RSA key under our kid": await signed(rsa.privateKey, { alg: "RS256", kid }),
        "an Ed25519 key under our kid": await signed(ed.privateKey, { alg: "EdDSA", kid }),
        "HS256 with our public key as PEM": await signed(bytes(pem), { alg: "HS256", kid }),
        "HS256 with our public key as JWK": await signed(bytes(JSON.stringify(published)), { alg: "HS256", kid }),
        "alg none": new jose.UnsecuredJWT(claims).encode(),
    };
    expect(await statusOf(issued.accessToken)).toBe(200);
    for (const [what, token] of Object.entries(forged)) {
        expect(await statusOf(token), what).toBe(401);
    }
});
