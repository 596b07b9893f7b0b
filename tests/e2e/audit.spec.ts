import { expect, test } from "./fixtures";

test.describe("the audit log", () => {
    test("an admin finds what was just done, sees what changed, and shares the link", async ({ as }) => {
        const page = await as("acmeAdmin");
        const name = `Audited ${crypto.randomUUID().slice(0, 8)}`;
        await page.goto("/projects");
        await page.getByRole("button", { name: "New project" }).first().click();
        await page.getByRole("dialog").getByLabel("Name").fill(name);
        await page.getByRole("dialog").getByRole("button", { name: "Create project" }).click();
        await expect(page.getByText(`Created “${name}”`)).toBeVisible();
        await page.goto("/audit?action=project.created");
        await page.getByRole("button", { name: "Details of project.created" }).first().click();
        const drawer = page.getByRole("dialog", { name: "project.created" });
        await expect(drawer).toContainText("POST /api/v1/projects");
        await expect(page).toHaveURL(/event=/);
        await page.reload();
        await expect(drawer).toBeVisible();
        await page.keyboard.press("Escape");
        await expect(page).toHaveURL("/audit?action=project.created");
    });

    test("a cell becomes a filter, and a chip takes it away", async ({ as }) => {
        const page = await as("acmeAdmin");
        await page.goto("/audit");
        await page.getByTitle("Only Actor").first().click();
        await expect(page).toHaveURL(/\/audit\?actor=/);
        await page.getByRole("button", { name: "Remove the filter Actor" }).click();
        await expect(page).toHaveURL("/audit");
        await page.getByLabel("Outcome").selectOption("refused");
        await expect(page).toHaveURL("/audit?outcome=refused");
    });

    test("the chain is verified, and exported as it is", async ({ as }) => {
        const page = await as("acmeAdmin");
        await page.goto("/audit");
        await page.getByRole("button", { name: "Verify" }).click();
        await expect(page.getByText(/^Intact to event [\d,]+/)).toBeVisible();
        await page.getByRole("button", { name: "Export" }).click();
        const download = page.waitForEvent("download");
        await page.getByRole("menuitem", { name: "The whole log" }).click();
        expect((await download).suggestedFilename()).toBe("audit-log.ndjson");
    });

    test("support sees its own acts, without what is for platform admins", async ({ as }) => {
        const page = await as("supportAgent");
        await page.goto("/support/audit");
        await expect(page.getByRole("heading", { level: 1, name: "Audit log" })).toBeVisible();
        await expect(page.getByRole("button", { name: "Verify" })).toHaveCount(0);
    });
});
