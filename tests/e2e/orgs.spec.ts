import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";

/** An organization of this test's own, made as people make one; the page shows it afterwards. */
async function createOrg(page: Page, name: string): Promise<string> {
    const slug = `${name.toLowerCase().replaceAll(" ", "-")}-${crypto.randomUUID().slice(0, 8)}`;
    await page.goto("/admin/orgs");
    await page.getByRole("button", { name: "New organization" }).click();
    const dialog = page.getByRole("dialog", { name: "New organization" });
    await dialog.getByLabel("Name", { exact: true }).fill(name);
    await expect(dialog.getByLabel("Short name")).toHaveValue(name.toLowerCase().replaceAll(" ", "-"));
    await dialog.getByLabel("Short name").fill(slug);
    await dialog.getByLabel("Plan").selectOption("team");
    await dialog.getByLabel("E-mail of the first admin").fill(`first@${slug}.example`);
    await dialog.getByRole("button", { name: "Create and invite" }).click();
    await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    return slug;
}

test.describe("organizations, as platform staff keep them", () => {
    test("one is made with its first admin invited, and found again by its short name", async ({ as }) => {
        const page = await as("platformAdmin");
        const slug = await createOrg(page, "Umbra Works");
        await page.getByRole("link", { name: "Members" }).click();
        await expect(page.getByRole("heading", { name: "Invite the first admin" })).toBeVisible();
        await page.getByLabel("E-mail of the first admin").fill(`second@${slug}.example`);
        await page.getByRole("button", { name: "Send the invitation" }).click();
        await expect(page.getByText(`The invitation to second@${slug}.example is on its way`)).toBeVisible();
        await page.getByRole("link", { name: "All organizations" }).click();
        await page.getByRole("searchbox").fill(slug);
        await expect(page).toHaveURL(`/admin/orgs?q=${slug}`);
        const row = page.getByRole("row").filter({ hasText: slug });
        await expect(row).toContainText("Trial");
        await expect(page.getByRole("row")).toHaveCount(2);
    });

    test("a form says beside each field what is wrong with it, and which short name is taken", async ({ as }) => {
        const page = await as("platformAdmin");
        await page.goto("/admin/orgs");
        await page.getByRole("button", { name: "New organization" }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByRole("button", { name: "Create and invite" }).click();
        await expect(dialog.getByText("Give the organization a name.")).toBeVisible();
        await dialog.getByLabel("Name", { exact: true }).fill("Another Acme");
        await dialog.getByLabel("Short name").fill("acme");
        await dialog.getByLabel("E-mail of the first admin").fill("someone@acme.example");
        await dialog.getByRole("button", { name: "Create and invite" }).click();
        await expect(dialog.getByText("This short name is taken")).toBeVisible();
        await expect(dialog.getByLabel("Short name")).toBeFocused();
    });

    test("filters and order are in the address, and Back undoes them", async ({ as }) => {
        const page = await as("platformAdmin");
        await page.goto("/admin/orgs");
        await page.getByRole("button", { name: /^Suspended \d/ }).click();
        await expect(page).toHaveURL("/admin/orgs?state=suspended");
        await page.getByLabel("Plan").selectOption("free");
        await page.getByLabel("Order").selectOption("name");
        await expect(page).toHaveURL("/admin/orgs?state=suspended&plan=free&sort=name");
        await expect(page.getByRole("row").filter({ hasText: "Initech" })).toBeVisible();
        await page.goBack();
        await page.goBack();
        await expect(page).toHaveURL("/admin/orgs?state=suspended");
    });

    test("suspending wants a reason and the short name, and reactivating takes it back", async ({ as }) => {
        const page = await as("platformAdmin");
        const slug = await createOrg(page, "Penumbra");
        await page.getByRole("link", { name: "Settings", exact: true }).click();
        await page.getByRole("button", { name: "Suspend" }).click();
        const dialog = page.getByRole("dialog", { name: "Suspend Penumbra?" });
        await dialog.getByLabel("Reason").fill("too short");
        await dialog.getByLabel(/^Type/).fill("penumbra");
        await dialog.getByRole("button", { name: "Suspend" }).click();
        await expect(dialog.getByText("At least 10 characters.")).toBeVisible();
        await expect(dialog.getByText("That is not its short name.")).toBeVisible();
        await dialog.getByLabel("Reason").fill("The invoices of three months are not paid.");
        await dialog.getByLabel(/^Type/).fill(slug);
        await dialog.getByRole("button", { name: "Suspend" }).click();
        await expect(page.getByText("Penumbra is suspended", { exact: true })).toBeVisible();
        await expect(page.getByText("nobody of it can sign in")).toBeVisible();
        await page.getByRole("link", { name: "Overview" }).click();
        await expect(page.getByText("The invoices of three months are not paid.")).toBeVisible();
        await page.getByRole("link", { name: "Settings", exact: true }).click();
        await page.getByRole("button", { name: "Reactivate" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Reactivate" }).click();
        await expect(page.getByText("Penumbra is active again")).toBeVisible();
        await expect(page.getByText("nobody of it can sign in")).toBeHidden();
    });

    test("a deletion is scheduled from the list, and undone from the notice", async ({ as }) => {
        const page = await as("platformAdmin");
        const slug = await createOrg(page, "Ephemera");
        await page.goto(`/admin/orgs?q=${slug}`);
        await page.getByRole("button", { name: "Actions for Ephemera" }).click();
        await page.getByRole("menuitem", { name: "Schedule deletion" }).click();
        const dialog = page.getByRole("dialog");
        await expect(dialog).toContainText("In 30 days everything it stores is erased for good.");
        await dialog.getByLabel("Reason").fill("The customer has left, ticket 4711.");
        await dialog.getByLabel(/^Type/).fill(slug);
        await dialog.getByRole("button", { name: "Schedule deletion" }).click();
        const row = page.getByRole("row").filter({ hasText: slug });
        await expect(row).toContainText("Deletion scheduled");
        await page.getByRole("button", { name: "Undo" }).click();
        await expect(page.getByText("Ephemera is kept")).toBeVisible();
        await expect(row).toContainText("Trial");
    });

    test("two who change it at once are shown both versions, and one decides", async ({ as }) => {
        const page = await as("platformAdmin");
        await createOrg(page, "Duplex");
        const address = `${new URL(page.url()).pathname}?tab=settings`;
        await page.goto(address);
        const other = await as("platformAdmin");
        await other.goto(address);
        await other.getByLabel("Name", { exact: true }).fill("Duplex the First");
        await page.getByLabel("Name", { exact: true }).fill("Duplex the Second");
        await page.getByLabel("Item limit").fill("500");
        await other.getByRole("button", { name: "Save the changes" }).click();
        await expect(other.getByRole("heading", { level: 1, name: "Duplex the First" })).toBeVisible();
        await page.getByRole("button", { name: "Save the changes" }).click();
        const dialog = page.getByRole("dialog", { name: "The organization has changed" });
        await expect(dialog.getByRole("row").filter({ hasText: "Duplex the Second" })).toContainText("Duplex the First");
        await dialog.getByRole("button", { name: "Keep mine" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Duplex the Second" })).toBeVisible();
        await page.getByRole("link", { name: "Usage" }).click();
        await expect(page.getByRole("row").filter({ hasText: "Items" })).toContainText("500");
    });

    test("its use is plotted over a day up to a quarter, in the address, and stands in a table", async ({ as }) => {
        const page = await as("platformAdmin");
        await page.goto("/admin/orgs?q=acme");
        await page.getByRole("link", { name: "Acme Robotics" }).click();
        await page.getByRole("link", { name: "Usage" }).click();
        await expect(page.getByRole("img", { name: /^Requests of the last 30 days: / })).toBeVisible();
        await expect(page.getByRole("img", { name: /^Sign-ins of the last 30 days: .* open sessions\.$/ })).toBeVisible();
        for (const [period, name, rows] of [["day", "24 hours", 24], ["week", "7 days", 28], ["quarter", "90 days", 90]] as const) {
            await page.getByRole("button", { name, exact: true }).click();
            await expect(page).toHaveURL(new RegExp(`tab=usage&period=${period}$`));
            await expect(page.getByRole("img", { name: new RegExp(`^Requests of the last ${name}`) })).toBeVisible();
            const table = page.locator("details").first();
            await table.locator("summary").click();
            await expect(table.getByRole("row")).toHaveCount(rows + 1);
            await table.locator("summary").click();
        }
        await page.goBack();
        await expect(page.getByRole("button", { name: "7 days" })).toHaveAttribute("aria-pressed", "true");
    });

    test("what staff did to one stands on its page, filtered like every log", async ({ as }) => {
        const page = await as("platformAdmin");
        await createOrg(page, "Antumbra");
        await page.getByRole("link", { name: "Audit log", exact: true }).last().click();
        await expect(page).toHaveURL(/tab=audit$/);
        const rows = page.getByRole("row");
        await expect(rows.filter({ hasText: "org.created" })).toHaveCount(1);
        await page.getByRole("searchbox").fill("org.created");
        await expect(page).toHaveURL(/tab=audit&action=org\.created$/);
        await expect(rows).toHaveCount(2);
        await page.getByRole("button", { name: "Details of org.created" }).click();
        await expect(page.getByRole("dialog", { name: "org.created" })).toContainText("POST /api/v1/admin/orgs");
        await page.keyboard.press("Escape");
    });

    test("the list is narrowed to when they began", async ({ as }) => {
        const page = await as("platformAdmin");
        const slug = await createOrg(page, "Corona");
        await page.goto(`/admin/orgs?q=${slug}`);
        await expect(page.getByRole("row").filter({ hasText: slug })).toBeVisible();
        await page.getByLabel("Created to").fill("2020-01-31");
        await expect(page).toHaveURL(`/admin/orgs?q=${slug}&to=2020-01-31`);
        await expect(page.getByRole("heading", { name: "No organization matches" })).toBeVisible();
        await page.getByLabel("Created to").fill("");
        await page.getByLabel("Created from").fill("2020-01-31");
        await expect(page).toHaveURL(`/admin/orgs?q=${slug}&from=2020-01-31`);
        await expect(page.getByRole("row").filter({ hasText: slug })).toBeVisible();
    });
});
