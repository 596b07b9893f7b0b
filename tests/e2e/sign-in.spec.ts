import { expect, signIn, test, watch } from "./fixtures";
import { people } from "./people";

test.describe("signing in", () => {
    for (const who of ["acmeAdmin", "acmeUser", "platformAdmin", "supportAgent"] as const) {
        test(`brings ${people[who].email} to ${people[who].landing}`, async ({ page }) => {
            const complaints = watch(page);
            await signIn(page, people[who]);
            await expect(page).toHaveURL(people[who].landing);
            await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
            await expect(page).toHaveTitle(/^.+ - .+ - Phase Zero$/);
            expect(complaints).toEqual([]);
        });
    }

    test("says the same for a wrong password and an unknown address", async ({ page }) => {
        const texts: string[] = [];
        for (const email of [people.acmeUser.email, "nobody@acme.example"]) {
            await page.goto("/login");
            await page.getByLabel("E-mail").fill(email);
            await page.getByLabel("Password", { exact: true }).fill("not the password");
            await page.keyboard.press("Enter");
            const alert = page.getByRole("alert").filter({ hasText: /\S/ });
            await expect(alert).toBeVisible();
            texts.push(await alert.innerText());
        }
        expect(texts[0]).toBe("The e-mail address or the password is not right.");
        expect(texts[1]).toBe(texts[0]);
    });

    test("returns to the page that was asked for", async ({ page }) => {
        await page.goto("/items?status=done");
        await expect(page).toHaveURL(/\/login\?next=/);
        await page.getByLabel("E-mail").fill(people.acmeAdmin.email);
        await page.getByLabel("Password", { exact: true }).fill(people.acmeAdmin.password);
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/items?status=done");
        await expect(page.getByLabel("Status", { exact: true })).toHaveValue("done");
    });

    test("never follows next to another origin", async ({ page }) => {
        await page.goto("/login?next=%2F%2Fevil.example%2F");
        await page.getByLabel("E-mail").fill(people.acmeUser.email);
        await page.getByLabel("Password", { exact: true }).fill(people.acmeUser.password);
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/dashboard");
    });

    test("fills the form from the demo accounts", async ({ page }) => {
        await page.goto("/login");
        await page.getByRole("button", { name: /platform@numbersence\.com/ }).click();
        await expect(page.getByLabel("E-mail")).toHaveValue("platform@numbersence.com");
    });

    test("is skipped by somebody who is signed in", async ({ as }) => {
        const page = await as("supportAgent");
        await page.goto("/login");
        await expect(page).toHaveURL("/support");
    });
});
