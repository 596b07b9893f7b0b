import { expect, test } from "./fixtures";

test.describe("the shell, from the keyboard", () => {
    test("commands open with Mod+K, find pages and actions by a few letters, and give the focus back", async ({ as }) => {
        const page = await as("acmeUser");
        await page.goto("/dashboard");
        await expect(page.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();
        await page.keyboard.press("Control+k");
        const commands = page.getByRole("combobox", { name: "Commands" });
        await expect(commands).toBeFocused();
        await page.keyboard.press("Escape");
        await expect(commands).toBeHidden();
        await page.keyboard.press("Control+k");
        await expect(commands).toBeFocused();
        await page.keyboard.type("proj");
        await expect(page.getByRole("option", { name: /^Projects/ })).toHaveAttribute("data-highlighted", "");
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/projects");
        await expect(page.getByRole("heading", { level: 1, name: "Projects" })).toBeFocused();
    });

    test("commands change the colours", async ({ as }) => {
        const page = await as("acmeUser");
        await page.goto("/dashboard");
        await expect(page.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();
        for (const theme of ["dark", "light"]) {
            await page.keyboard.press("Control+k");
            await page.getByRole("combobox", { name: "Commands" }).fill(`${theme} col`);
            await page.keyboard.press("Enter");
            await expect(page.locator("html")).toHaveAttribute("data-theme", theme);
        }
        await page.keyboard.press("Control+k");
        await page.getByRole("combobox", { name: "Commands" }).fill("as the sys");
        await page.keyboard.press("Enter");
        expect(await page.evaluate(() => localStorage.getItem("pz.theme"))).toBeNull();
    });

    test("commands look up what was typed when it names no command", async ({ as }) => {
        const page = await as("supportAgent");
        await page.goto("/support");
        await expect(page.getByRole("heading", { level: 1, name: "Support" })).toBeVisible();
        await page.keyboard.press("Control+k");
        await page.getByRole("combobox", { name: "Commands" }).fill("globex");
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/support/lookup?q=globex");
    });

    test("g and a letter lead to pages, / to the search, and nothing while something is typed", async ({ as }) => {
        const page = await as("acmeUser");
        await page.goto("/dashboard");
        await expect(page.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();
        await page.keyboard.press("g");
        await page.keyboard.press("i");
        await expect(page).toHaveURL("/items");
        await expect(page.getByRole("heading", { level: 1, name: "Items" })).toBeFocused();
        await page.keyboard.press("/");
        await expect(page.getByRole("searchbox")).toBeFocused();
        await page.keyboard.type("gd?");
        await expect(page).toHaveURL("/items?q=gd%3F");
        await expect(page.getByRole("dialog")).toHaveCount(0);
    });

    test("? lists the keys, and keys of one letter can be switched off", async ({ as }) => {
        const page = await as("globexAdmin");
        await page.goto("/dashboard");
        await expect(page.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();
        await page.keyboard.press("?");
        const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
        await expect(sheet).toContainText("Go to Projects");
        await sheet.getByRole("checkbox").uncheck();
        await page.keyboard.press("Escape");
        await expect(sheet).toBeHidden();
        await page.keyboard.press("?");
        await page.keyboard.press("g");
        await page.keyboard.press("i");
        await expect(page.getByRole("dialog")).toHaveCount(0);
        await expect(page).toHaveURL("/dashboard");
        await page.keyboard.press("Control+k");
        await page.getByRole("combobox", { name: "Commands" }).fill("shortcuts");
        await page.keyboard.press("Enter");
        await sheet.getByRole("checkbox").check();
    });

    test("the navigation can be made narrow, and stays so", async ({ as }) => {
        const page = await as("acmeUser");
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.goto("/dashboard");
        await page.getByRole("button", { name: "Narrow the navigation" }).click();
        await page.reload();
        await page.getByRole("button", { name: "Widen the navigation" }).click();
        await expect(page.getByRole("navigation", { name: "Main" }).getByText("Items", { exact: true })).toBeVisible();
    });

    test("a lost connection is said, and so is its return", async ({ as, contextOf }) => {
        const page = await as("acmeUser");
        await page.goto("/dashboard");
        await expect(page.getByRole("heading", { level: 1, name: "Dashboard" })).toBeVisible();
        const context = await contextOf("acmeUser");
        await context.setOffline(true);
        await expect(page.getByText("You are offline.")).toBeVisible();
        await context.setOffline(false);
        await expect(page.getByText("You are offline.")).toBeHidden();
    });
});
