import { expect, signIn, test } from "./fixtures";
import { people } from "./people";

test.describe("the session", () => {
    test("keeps its refresh token in a cookie that no script can read, and no secret in storage", async ({ page, context }) => {
        await signIn(page, people.acmeAdmin);
        const cookie = (await context.cookies()).find(({ name }) => name.endsWith("pz_refresh"));
        expect(cookie).toMatchObject({ httpOnly: true, sameSite: "Strict", path: "/" });
        const { documentCookie, stored } = await page.evaluate(async () => ({
            documentCookie: document.cookie,
            stored: [
                ...Object.entries(localStorage),
                ...Object.entries(sessionStorage),
                ...(await indexedDB.databases()).map(({ name }) => ["indexedDB", name]),
                ...(await caches.keys()).map((name) => ["cache", name]),
            ],
        }));
        expect(documentCookie).not.toContain("pz_refresh");
        // What may be stored: that there was a session ("1"), and how the console looks.
        for (const [key, value] of stored) {
            expect([key, value]).toEqual([
                expect.stringMatching(/^pz\.(session|theme|sidebar)$/),
                expect.stringMatching(/^(1|light|dark|wide|compact)$/),
            ]);
        }
    });

    test("survives a reload, and ends for every tab at once", async ({ page, context }) => {
        await signIn(page, people.acmeUser);
        await page.reload();
        await expect(page.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();
        const other = await context.newPage();
        await other.goto("/items");
        await expect(other.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
        await page.getByRole("button", { name: /^Account/ }).click();
        await page.getByRole("menuitem", { name: "Sign out" }).click();
        await expect(page).toHaveURL(/\/login\?notice=signed_out/);
        await expect(other).toHaveURL(/\/login\?notice=signed_out/);
        await page.goto("/items");
        await expect(page).toHaveURL(/\/login/);
    });

    test("renews a refused access token once, unseen", async ({ as }) => {
        const page = await as("acmeAdmin");
        await page.goto("/dashboard");
        await expect(page.getByRole("heading", { level: 2, name: "Newest items" })).toBeVisible();
        // The real services answer; only the token of the first request is spoilt on its way.
        let spoilt = 0;
        await page.route("**/api/v1/items?**", async (route) => {
            spoilt += 1;
            const headers = { ...route.request().headers() };
            if (spoilt === 1) {
                headers.authorization = "Bearer spoilt";
            }
            await route.continue({ headers });
        });
        const renewal = page.waitForResponse((response) => new URL(response.url()).pathname === "/token");
        await page.getByRole("link", { name: "Items", exact: true }).click();
        expect((await renewal).status()).toBe(200);
        await expect(page.getByRole("row").nth(1)).toBeVisible();
        await expect(page).toHaveURL("/items");
    });
});
