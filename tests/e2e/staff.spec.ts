import { expect, signIn, test } from "./fixtures";
import { newcomer, unique } from "./newcomers";
import { people } from "./people";

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

    test("staff are invited, promoted, disabled and removed by platform admins", async ({ as, page, request }) => {
        const agent = await newcomer(request, { role: "support_agent", by: people.platformAdmin });
        const admin = await as("platformAdmin");
        await admin.goto(`/admin/staff?q=${agent.name}`);
        const row = admin.getByRole("row").filter({ hasText: agent.email });
        const role = row.getByRole("combobox", { name: `Role of ${agent.name}` });
        await role.selectOption("platform_admin");
        await expect(admin.getByText(`${agent.name}: Platform admin from now on`)).toBeVisible();
        await admin.getByRole("button", { name: "Undo" }).click();
        await expect(admin.getByText(`${agent.name}: Support agent again`)).toBeVisible();
        await expect(role).toHaveValue("support_agent");

        await signIn(page, agent);
        await expect(page).toHaveURL("/support");
        await row.getByRole("button", { name: `Disable ${agent.name}` }).press("Enter");
        await admin.getByRole("dialog", { name: `Disable ${agent.name}?` }).getByRole("button", { name: "Disable" }).click();
        await expect(row).toContainText("Disabled");
        await page.goto("/support/lookup?q=acme");
        await expect(page).toHaveURL(/\/login/);

        await row.getByRole("button", { name: `Remove ${agent.name}` }).press("Enter");
        await admin.getByRole("dialog").getByRole("button", { name: "Remove from the staff" }).click();
        await expect(row).toHaveCount(0);
        await expect(admin.getByRole("heading", { name: "Nobody matches" })).toBeVisible();
    });

    test("an invitation to the staff offers its roles alone, and says what each may do", async ({ as }) => {
        const page = await as("platformAdmin");
        await page.goto("/admin/staff");
        await page.getByRole("button", { name: "Invite", exact: true }).click();
        const dialog = page.getByRole("dialog");
        await expect(dialog.getByLabel("Role").getByRole("option")).toHaveText(["Support agent", "Platform admin"]);
        await dialog.getByLabel("Role").selectOption("platform_admin");
        await expect(dialog.getByText("Platform admins manage organizations, staff and signing keys.")).toBeVisible();
        await dialog.getByLabel("E-mail").fill(people.supportAgent.email);
        await dialog.getByRole("button", { name: "Send the invitation" }).click();
        await expect(dialog.getByText("This person belongs to the staff already.")).toBeVisible();
        const email = `${unique("staff")}@newcomers.example`;
        await dialog.getByLabel("E-mail").fill(email);
        await dialog.getByRole("button", { name: "Send the invitation" }).click();
        await expect(page.getByRole("listitem").filter({ hasText: email })).toContainText("Platform admin");
    });

    test("the last platform admin stays, and an agent sees nothing of the staff", async ({ as }) => {
        const page = await as("platformAdmin");
        await page.goto("/admin/staff?role=platform_admin&state=active");
        const row = page.getByRole("row").filter({ hasText: people.platformAdmin.email });
        await expect(row.getByRole("combobox")).toBeDisabled();
        await expect(row.getByRole("button", { name: /^Remove/ })).toHaveAccessibleDescription(/Nobody else could administer the platform/);
        const agent = await as("supportAgent");
        await agent.goto("/admin/staff");
        await expect(agent.getByText("This page needs the role Platform admin")).toBeVisible();
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
