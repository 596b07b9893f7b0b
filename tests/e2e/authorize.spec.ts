import { createHash, randomBytes } from "node:crypto";
import type { Page } from "@playwright/test";
import { expect, test, watch } from "./fixtures";
import { people } from "./people";

// The demo's client signs somebody in: browser, console and both endpoints, with nothing but the address in between.
const issuer = process.env.PZ_E2E_IDENTITY ?? "http://localhost:8001";
const callback = "http://localhost:4000/callback";

function request(changes: Record<string, string> = {}): { address: string; verifier: string } {
    const verifier = randomBytes(32).toString("base64url");
    const parameters = new URLSearchParams({
        response_type: "code",
        client_id: "demo-app",
        redirect_uri: callback,
        scope: "openid email",
        state: "1e3",
        nonce: "12345678901234567890",
        code_challenge: createHash("sha256").update(verifier).digest("base64url"),
        code_challenge_method: "S256",
        ...changes,
    });
    return { address: `${issuer}/authorize?${parameters}`, verifier };
}

/** The client's own page: what arrives there is what these tests are about. */
async function playClient(page: Page): Promise<void> {
    await page.route(`${callback}*`, (route) => route.fulfill({ contentType: "text/html", body: "the client" }));
}

function arrived(page: Page): Promise<URLSearchParams> {
    return page.waitForURL((url) => url.href.startsWith(callback)).then(() => new URL(page.url()).searchParams);
}

test.describe("signing in to another program", () => {
    test("asks for the password, shows who asks, and sends a code that works", async ({ page, request: http }) => {
        const complaints = watch(page);
        await playClient(page);
        const { address, verifier } = request();
        await page.goto(address);
        await expect(page).toHaveURL(/\/login\?next=/);
        await page.getByLabel("E-mail").fill(people.acmeUser.email);
        await page.getByLabel("Password", { exact: true }).fill(people.acmeUser.password);
        await page.keyboard.press("Enter");
        await expect(page.getByRole("heading", { level: 1, name: "Sign in to Demo app" })).toBeVisible();
        await expect(page.getByText(people.acmeUser.email)).toBeVisible();
        await page.getByRole("button", { name: "Continue" }).click();
        const answer = await arrived(page);
        expect(answer.get("state")).toBe("1e3");
        expect(answer.get("iss")).toBe(issuer);
        const tokens = await http.post(`${issuer}/token`, {
            form: {
                grant_type: "authorization_code",
                client_id: "demo-app",
                code: answer.get("code") ?? "",
                redirect_uri: callback,
                code_verifier: verifier,
            },
        });
        expect(tokens.status()).toBe(200);
        const { id_token: idToken } = (await tokens.json()) as { id_token: string };
        const claims = JSON.parse(Buffer.from(idToken.split(".")[1] ?? "", "base64url").toString()) as Record<string, unknown>;
        expect(claims).toMatchObject({ aud: "demo-app", nonce: "12345678901234567890", email: people.acmeUser.email });
        expect(complaints).toEqual([]);
    });

    test("takes no for an answer", async ({ as }) => {
        const page = await as("acmeAdmin");
        await playClient(page);
        await page.goto(request().address);
        await page.getByRole("button", { name: "Cancel" }).click();
        expect((await arrived(page)).get("error")).toBe("access_denied");
    });

    test("needs no page where somebody is signed in, and shows none where nobody is", async ({ as, page }) => {
        const known = await as("acmeAdmin");
        await playClient(known);
        await known.goto(request({ prompt: "none" }).address);
        expect((await arrived(known)).get("code")).toBeTruthy();
        await playClient(page);
        await page.goto(request({ prompt: "none" }).address);
        expect((await arrived(page)).get("error")).toBe("login_required");
    });

    test("says so when the request is nobody's", async ({ as, baseURL }) => {
        const page = await as("acmeAdmin");
        await page.goto(`${baseURL ?? ""}/login/authorize?client_id=unknown&redirect_uri=https%3A%2F%2Fevil.example%2F`);
        await expect(page.getByRole("heading", { level: 1, name: "This sign-in link does not work" })).toBeVisible();
    });
});
