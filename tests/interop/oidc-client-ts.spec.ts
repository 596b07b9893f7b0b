import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { type BrowserContext, expect, type Page, test } from "@playwright/test";
import { api, identity, pageOrigin, person, register, type Registered, scope, signInOnPage, statusOf } from "./stack";
import { cell } from "./table";

const bundle = join(__dirname, "../../product-frontend-web/node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js");
let client: Registered;
/** One browser for all: who has signed in to the console once is asked no password again. */
let browserContext: BrowserContext;
let page: Page;

/** The page of page/, on its own origin. */
const server = createServer((request, response) => {
    const send = (type: string, body: string | Buffer) => response.writeHead(200, { "content-type": type }).end(body);
    const file = (name: string) => readFileSync(join(__dirname, "page", name));
    switch (new URL(request.url ?? "", pageOrigin).pathname) {
        case "/":
        case "/callback":
            return send("text/html", file("index.html"));
        case "/page.js":
            return send("text/javascript", file("page.js"));
        case "/oidc-client-ts.min.js":
            return send("text/javascript", readFileSync(bundle));
        case "/settings.json":
            return send("application/json", JSON.stringify({ authority: identity, client_id: client.id, scope, api }));
        default:
            return response.writeHead(404).end();
    }
});

test.beforeAll(async ({ browser }) => {
    browserContext = await browser.newContext();
    const addresses = ["--redirect-uri", `${pageOrigin}/callback`, "--post-logout-redirect-uri", `${pageOrigin}/`];
    client = register("--auth", "none", ...addresses);
    const { hostname, port } = new URL(pageOrigin);
    await new Promise<void>((resolve, reject) => {
        server.once("error", reject).listen(Number(port), hostname, resolve);
    });
});

// A new tab knows nothing of what the page kept: its storage is the tab's.
test.beforeEach(async () => {
    page = await browserContext.newPage();
});

test.afterEach(async () => {
    await page.close();
});

test.afterAll(async () => {
    await browserContext.close();
    server.closeAllConnections();
    server.close();
});

interface Shown {
    profile: Record<string, unknown>;
    scope: string;
    access_token: string;
    refresh_token: string;
}

async function shown(): Promise<Shown> {
    return JSON.parse(await page.locator("pre").innerText()) as Shown;
}

async function signIn(): Promise<Shown> {
    await page.goto(pageOrigin);
    await expect(page.getByRole("status")).toHaveText("signed out");
    await page.getByRole("button", { name: "Sign in" }).click();
    await signInOnPage(page);
    await expect(page.getByRole("status")).toHaveText("signed in");
    return shown();
}

cell("oidc-client-ts", "OpenID discovery", async () => {
    const discovery = page.waitForResponse(`${identity}/.well-known/openid-configuration`);
    await page.goto(pageOrigin);
    await expect(page.getByRole("status")).toHaveText("signed out");
    await page.getByRole("button", { name: "Sign in" }).click();
    expect((await discovery).status()).toBe(200);
    await page.waitForURL((url) => url.pathname.startsWith("/login"));
});

cell("oidc-client-ts", "code + PKCE", async () => {
    expect((await signIn()).scope).toBe(scope);
    await page.getByRole("button", { name: "Items" }).click();
    await expect(page.getByRole("status")).toHaveText("1 item");
});

cell("oidc-client-ts", "ID token", async () => {
    const { profile } = await signIn();
    expect(profile).toMatchObject({ name: "Acme user", email: person.email, aud: client.id });
});

cell("oidc-client-ts", "refresh", async () => {
    const first = await signIn();
    await page.getByRole("button", { name: "Renew" }).click();
    await expect(page.getByRole("status")).toHaveText("renewed");
    const second = await shown();
    expect(second.access_token).not.toBe(first.access_token);
    expect(second.refresh_token).not.toBe(first.refresh_token);
    await page.getByRole("button", { name: "Items" }).click();
    await expect(page.getByRole("status")).toHaveText("1 item");
});

cell("oidc-client-ts", "userinfo", async () => {
    // loadUserInfo: the page asks by itself before it shows anybody.
    const asked = page.waitForResponse((response) => new URL(response.url()).pathname === "/userinfo" && response.ok());
    const { profile } = await signIn();
    expect(((await (await asked).json()) as { sub: string }).sub).toBe(profile.sub);
});

cell("oidc-client-ts", "revoke", async () => {
    const { access_token } = await signIn();
    await page.getByRole("button", { name: "Revoke" }).click();
    await expect(page.getByRole("status")).toHaveText("revoked");
    expect(await statusOf(access_token)).toBe(401);
});

cell("oidc-client-ts", "sign-out", async () => {
    const { access_token } = await signIn();
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.waitForURL((url) => url.origin === pageOrigin && url.pathname === "/");
    await expect(page.getByRole("status")).toHaveText("signed out");
    expect(await statusOf(access_token)).toBe(401);
});
