import { expect, signIn, test } from "./fixtures";
import { newcomer, unique } from "./newcomers";
import { people } from "./people";

test.describe("members", () => {
    test("change roles, with a way back, and are disabled and enabled at once", async ({ as, page, request }) => {
        const person = await newcomer(request);
        const admin = await as("acmeAdmin");
        await admin.goto(`/members?q=${person.name}`);
        const row = admin.getByRole("row").filter({ hasText: person.email });
        await row.getByRole("combobox", { name: `Role of ${person.name}` }).selectOption("admin");
        await expect(admin.getByText(`${person.name}: Organization admin from now on`)).toBeVisible();
        await admin.getByRole("button", { name: "Undo" }).click();
        await expect(admin.getByText(`${person.name}: Member again`)).toBeVisible();
        await expect(row.getByRole("combobox", { name: `Role of ${person.name}` })).toHaveValue("standard");

        await signIn(page, person);
        await page.waitForLoadState("networkidle");
        await row.getByRole("button", { name: `Disable ${person.name}` }).click();
        await admin.getByRole("dialog", { name: `Disable ${person.name}?` }).getByRole("button", { name: "Disable" }).click();
        await expect(row).toContainText("Disabled");
        await page.goto("/items");
        await expect(page).toHaveURL(/\/login/);

        await row.getByRole("button", { name: `Enable ${person.name}` }).click();
        await expect(row).toContainText("Active");
        await signIn(page, person);
        await expect(page).toHaveURL("/dashboard");
    });

    test("the last admin stays, and the page says why", async ({ as }) => {
        const page = await as("globexAdmin");
        await page.goto("/members?role=admin&state=active");
        const rows = page.getByRole("row").filter({ hasText: people.globexAdmin.email });
        await expect(rows).toBeVisible();
        await expect(rows.getByRole("combobox")).toBeDisabled();
        const remove = rows.getByRole("button", { name: /^Remove/ });
        await expect(remove).toBeDisabled();
        await expect(remove).toHaveAccessibleDescription(/Nobody else could administer the organization/);
    });

    test("an invitation is sent again, and withdrawn", async ({ as }) => {
        const email = `${unique("waiting")}@newcomers.example`;
        const page = await as("acmeAdmin");
        await page.goto("/members");
        await page.getByRole("button", { name: "Invite", exact: true }).click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("E-mail").fill(people.acmeUser.email);
        await dialog.getByRole("button", { name: "Send the invitation" }).click();
        await expect(dialog.getByText("This person belongs to your organization already.")).toBeVisible();
        await dialog.getByLabel("E-mail").fill(email);
        await dialog.getByRole("button", { name: "Send the invitation" }).click();
        const row = page.getByRole("listitem").filter({ hasText: email });
        await row.getByRole("button", { name: `Send again to ${email}` }).click();
        await expect(page.getByText("Earlier links do not work any more.")).toBeVisible();
        // By key: the notices lie over the corner where the button may be, and stay for as long as the pointer is on them.
        await row.getByRole("button", { name: `Withdraw the invitation of ${email}` }).press("Enter");
        await page.getByRole("dialog").getByRole("button", { name: "Withdraw" }).click();
        await expect(row).toHaveCount(0);
    });

    test("are searched and filtered in the address, and nobody may match", async ({ as }) => {
        const page = await as("acmeAdmin");
        await page.goto("/members");
        await page.getByLabel("Role", { exact: true }).selectOption("standard");
        await expect(page).toHaveURL("/members?role=standard");
        await page.getByRole("searchbox").fill("no-such-name");
        await expect(page).toHaveURL(/q=no-such-name/);
        await expect(page.getByRole("heading", { name: "Nobody matches" })).toBeVisible();
        await page.getByRole("button", { name: "Clear the filters" }).click();
        await expect(page).toHaveURL("/members");
    });
});
