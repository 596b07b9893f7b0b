import { randomBytes } from "node:crypto";
import { type APIRequestContext, expect } from "@playwright/test";
import { linkFor } from "./mail";
import { people, type Person } from "./people";

// People of the tests' own, for what must not happen to the demo's: they come by invitation, as everybody does.

export const unique = (what: string): string => `${what}-${randomBytes(5).toString("hex")}`;

/** Nobody's word and on no list of common ones. */
export const newPassword = (): string => `orbit ${randomBytes(6).toString("hex")} lantern`;

export async function accessToken(request: APIRequestContext, { email, password }: Person): Promise<string> {
    const answer = await request.post("/token", { form: { grant_type: "password", username: email, password } });
    expect(answer.status()).toBe(200);
    return ((await answer.json()) as { access_token: string }).access_token;
}

export async function invite(request: APIRequestContext, email: string, role: string, by: Person = people.acmeAdmin): Promise<void> {
    const answer = await request.post("/api/v1/invitations", {
        headers: { Authorization: `Bearer ${await accessToken(request, by)}` },
        data: { email, role },
    });
    expect(answer.status()).toBe(201);
}

export async function accept(request: APIRequestContext, link: string, name: string, password: string): Promise<void> {
    const answer = await request.post("/invitations/accept", { data: { token: new URL(link).hash.slice(1), name, password } });
    expect(answer.status()).toBe(204);
}

/** Somebody new at Acme, or at whose admin invites them. */
export async function newcomer(
    request: APIRequestContext,
    { role = "standard", by = people.acmeAdmin }: { role?: string; by?: Person } = {},
): Promise<Person & { name: string }> {
    const name = unique("Newcomer");
    const person = { email: `${name.toLowerCase()}@newcomers.example`, password: newPassword(), landing: "/dashboard" };
    await invite(request, person.email, role, by);
    await accept(request, await linkFor(person.email), name, person.password);
    return { ...person, name };
}
