import type { APIRequestContext, Page } from "@playwright/test";
import { expect, signIn, test, watch } from "./fixtures";
import { accessToken } from "./newcomers";
import { people } from "./people";

/** Waits for a heading and nothing else: what the walk does, it does by key. */
const heading = (page: Page, name: string) => expect(page.getByRole("heading", { level: 1, name })).toBeVisible();

async function press(page: Page, ...keys: string[]): Promise<void> {
    for (const key of keys) {
        await page.keyboard.press(key);
    }
}

test.describe("support sessions", () => {
    test("from the keyboard alone: sign in, look up, start, look, end", async ({ page }) => {
        const complaints = watch(page);
        await page.goto("/login");
        await expect(page.getByLabel("E-mail")).toBeFocused();
        await page.keyboard.type(people.supportAgent.email);
        await press(page, "Tab");
        await page.keyboard.type(people.supportAgent.password);
        await press(page, "Enter");
        await heading(page, "Support");
        await press(page, "/");
        await page.keyboard.type("acme");
        await press(page, "Enter");
        await expect(page).toHaveURL("/support/lookup?q=acme");
        const start = page.getByRole("button", { name: "Start a session at Acme Robotics" });
        await expect(start).toBeVisible();
        await expect(page.getByRole("searchbox")).toBeFocused();
        await tabTo(page, start);
        await press(page, "Enter");
        await expect(page.getByLabel("Reason", { exact: true })).toBeFocused();
        await page.keyboard.type("Their item list stays empty");
        await tabTo(page, page.getByLabel("Ticket"));
        await page.keyboard.type("4711");
        await press(page, "Enter");

        const banner = page.getByRole("region", { name: "Support session" });
        await expect(banner).toContainText("Viewing Acme Robotics as support");
        await expect(banner).toContainText("Their item list stays empty");
        await expect(banner).toContainText("4711");
        await expect(banner).toContainText("Read-only");
        await expect(banner).toContainText(/1[45]:\d\d/);
        await heading(page, "Dashboard");
        await expect(page).toHaveTitle("[support] Dashboard - Acme Robotics - Phase Zero");
        await press(page, "g", "i");
        await heading(page, "Items");
        await expect(page.getByRole("row").nth(1)).toBeVisible();
        await page.reload();
        await heading(page, "Items");
        await expect(banner).toContainText("Viewing Acme Robotics as support");
        await press(page, "Control+.");
        await expect(page).toHaveURL("/support/lookup?q=acme");
        await heading(page, "Lookup");
        await expect(page.getByRole("button", { name: "Start a session at Acme Robotics" })).toBeVisible();
        expect(complaints).toEqual([]);
    });
});

async function tabTo(page: Page, target: ReturnType<Page["getByRole"]>): Promise<void> {
    for (let presses = 0; presses < 30; ++presses) {
        if (await target.evaluate((element) => element === document.activeElement)) {
            return;
        }
        await page.keyboard.press("Tab");
    }
    throw new Error("Thirty presses of Tab do not lead there.");
}
