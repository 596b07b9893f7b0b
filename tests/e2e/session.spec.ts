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
                expect.stringMatching(/^pz\.(session|theme|sidebar|language|shortcuts)$/),
                expect.stringMatching(/^(1|light|dark|wide|compact|en|de|off)$/),
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

    test("is renewed by many tabs at once without any of them losing it", async ({ contextOf }) => {
        const context = await contextOf("globexAdmin");
        const tabs = await Promise.all(Array.from({ length: 5 }, () => context.newPage()));
        let [inFlight, most, renewals] = [0, 0, 0];
        await context.route("**/token", async (route) => {
            inFlight += 1;
            renewals += 1;
            most = Math.max(most, inFlight);
            const response = await route.fetch();
            inFlight -= 1;
            await route.fulfill({ response });
        });
        await Promise.all(tabs.map((tab) => tab.goto("/items")));
        for (const tab of tabs) {
            await expect(tab.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
            await tab.close();
        }
        await context.unroute("**/token");
        expect({ renewals, most }).toEqual({ renewals: 5, most: 1 });
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
