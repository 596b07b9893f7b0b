import { expect, test } from "./fixtures";

test.describe("@words@", () => {
    test("are created, edited and deleted by an admin, and unseen by another organization", async ({ as }) => {
        const title = `E2E ${Date.now().toString(36)}`;
        const page = await as("acmeAdmin");
        await page.goto("/@kebabs@");
        await page.getByRole("button", { name: "New @word@" }).first().click();
        const dialog = page.getByRole("dialog", { name: "New @word@" });
        await dialog.getByRole("button", { name: "Create @word@" }).click();
        await expect(dialog.getByText("@title_label@ is required.")).toBeVisible();
@each inputs@
        await dialog.getByLabel("@input.label@", { exact: true }).@input.fill@;
@end@
        await dialog.getByRole("button", { name: "Create @word@" }).click();
        await expect(dialog).toBeHidden();
        await expect(page.getByRole("listitem").filter({ hasText: title })).toBeVisible();

        const stranger = await as("globexAdmin");
        await stranger.goto("/@kebabs@");
        await expect(stranger.getByRole("heading", { level: 1, name: "@Words@" })).toBeVisible();
        await stranger.waitForLoadState("networkidle");
        await expect(stranger.getByText(title)).toBeHidden();

        await page.getByRole("button", { name: `Edit ${title}` }).click();
        await page.getByRole("dialog").getByLabel("@title_label@", { exact: true }).fill(`${title} B`);
        await page.getByRole("button", { name: "Save" }).click();
        await expect(page.getByText(`Saved “${title} B”`)).toBeVisible();

        await page.getByRole("button", { name: `Delete ${title} B` }).click();
        await page.getByRole("button", { name: "Delete @word@", exact: true }).click();
        await expect(page.getByText(`Deleted “${title} B”`)).toBeVisible();
        await expect(page.getByRole("listitem").filter({ hasText: `${title} B` })).toBeHidden();
    });

    test("cannot be deleted by a standard user", async ({ as }) => {
        const title = `E2E ${Date.now().toString(36)}`;
        const admin = await as("acmeAdmin");
        await admin.goto("/@kebabs@");
        await admin.getByRole("button", { name: "New @word@" }).first().click();
@each inputs@
        await admin.getByRole("dialog").getByLabel("@input.label@", { exact: true }).@input.fill@;
@end@
        await admin.getByRole("button", { name: "Create @word@" }).click();
        await expect(admin.getByRole("listitem").filter({ hasText: title })).toBeVisible();

        const page = await as("acmeUser");
        await page.goto("/@kebabs@");
        const button = page.getByRole("button", { name: `Delete ${title}` });
        await expect(button).toBeDisabled();
        await expect(button).toHaveAccessibleDescription("Only an organization admin can delete @words@.");
    });
});
