import { expect, signIn, test } from "./fixtures";
import { pages } from "./pages";
import { people } from "./people";
import { cut, speakPseudo, untranslated } from "./pseudo-language";
import { settled } from "./settled";

test.describe("the pseudo language", () => {
    test.describe.configure({ mode: "parallel" });
    for (const { path, heading, who } of pages) {
        test(`every word of ${path} (${heading}, ${who ?? "a visitor"}) comes from a table, and a third more of them still fits`, async ({ as }) => {
            const page = await as(who);
            await speakPseudo(page);
            await page.goto(path);
            await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
            await settled(page);
            expect(await page.evaluate(untranslated)).toEqual([]);
            for (const width of [360, 1280]) {
                await page.setViewportSize({ width, height: 800 });
                expect(await page.evaluate(cut), `${width} px`).toEqual([]);
            }
        });
    }
});

test.describe("languages", () => {
    test("the sign-in page and everything behind it speak the language that was chosen there", async ({ page }) => {
        await page.goto("/login");
        await page.getByRole("button", { name: "Deutsch" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Anmelden" })).toBeVisible();
        await expect(page.locator("html")).toHaveAttribute("lang", "de");
        await page.getByLabel("E-Mail").fill(people.acmeAdmin.email);
        await page.getByLabel("Passwort", { exact: true }).fill(people.acmeAdmin.password);
        await page.getByRole("button", { name: "Anmelden", exact: true }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Übersicht" })).toBeVisible();
        await expect(page).toHaveTitle("Übersicht - Acme Robotics - Phase Zero");
    });

    test("the account menu changes it, keeps the address, and stores nothing but its name", async ({ page }) => {
        await signIn(page, people.acmeUser);
        await page.goto("/items?status=open");
        await page.getByRole("button", { name: /^Account/ }).click();
        await page.getByRole("menuitemradio", { name: "Deutsch" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Einträge" })).toBeVisible();
        await expect(page).toHaveURL("/items?status=open");
        expect(await page.evaluate(() => localStorage.getItem("pz.language"))).toBe("de");
        await page.getByRole("button", { name: /^Konto/ }).click();
        await page.getByRole("menuitemradio", { name: "English" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
    });

    test("somebody who has chosen none gets the browser's, with its way to write dates", async ({ browser, baseURL }) => {
        const context = await browser.newContext({ baseURL: baseURL ?? "", locale: "de-AT" });
        const page = await context.newPage();
        await page.goto("/login");
        await expect(page.getByRole("heading", { level: 1, name: "Anmelden" })).toBeVisible();
        await context.close();
    });
});
