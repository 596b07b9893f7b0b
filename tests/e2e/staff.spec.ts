import { expect, test } from "./fixtures";

test.describe("platform staff", () => {
    test("platform admins see every organization and its state, and filter by both", async ({ as }) => {
        const page = await as("platformAdmin");
        await page.goto("/admin/orgs");
        await expect(page.getByRole("row").filter({ hasText: "Initech" })).toContainText("Suspended");
        await page.getByLabel("State", { exact: true }).selectOption("suspended");
        await expect(page).toHaveURL("/admin/orgs?state=suspended");
        await expect(page.getByRole("row").filter({ hasText: "Globex" })).toHaveCount(0);
        await expect(page.getByRole("row").filter({ hasText: "Initech" })).toBeVisible();
    });

    test("support agents look an organization up from the keyboard alone", async ({ as }) => {
        const page = await as("supportAgent");
        await page.goto("/support");
        await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
        await page.keyboard.press("/");
        await page.keyboard.type("glob");
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/support/lookup?q=glob");
        await expect(page.getByRole("listitem").filter({ hasText: "Globex" })).toBeVisible();
        await expect(page.getByRole("searchbox")).toBeFocused();
    });

    test("pages of another role say which role they need", async ({ as }) => {
        const page = await as("acmeUser");
        await page.goto("/admin/orgs");
        await expect(page.getByText("This page needs the role Platform admin")).toBeVisible();
        const agent = await as("supportAgent");
        await agent.goto("/items");
        await expect(agent.getByText("This page needs the role Organization admin or Member")).toBeVisible();
    });
});
