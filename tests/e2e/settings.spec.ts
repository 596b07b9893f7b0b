import { expect, signIn, test, watch } from "./fixtures";
import { linkFor } from "./mail";
import { accept, accessToken, invite, newcomer, newPassword, unique } from "./newcomers";
import { people } from "./people";

test.describe("the settings of a person", () => {
    test("rename them, change their password and end their other sessions", async ({ page, browser, baseURL, request }) => {
        const complaints = watch(page);
        const person = await newcomer(request);
        await signIn(page, person);
        await page.getByRole("button", { name: /^Account/ }).click();
        await page.getByRole("menuitem", { name: "Settings" }).click();
        await expect(page).toHaveURL("/settings/profile");
        await page.getByLabel("Name", { exact: true }).fill(" ");
        await page.getByRole("button", { name: "Save" }).click();
        await expect(page.getByText("Your name, as the others should read it.")).toBeVisible();
        await page.getByLabel("Name", { exact: true }).fill(`${person.name} Lovelace`);
        await page.getByRole("button", { name: "Save" }).click();
        await expect(page.getByText("Your name is saved")).toBeVisible();
        await expect(page.getByRole("button", { name: `Account: ${person.name} Lovelace` })).toBeVisible();

        const elsewhere = await browser.newContext({ baseURL: baseURL ?? "" });
        const other = await elsewhere.newPage();
        await signIn(other, person);
        await other.waitForLoadState("networkidle");
        await page.getByRole("link", { name: "Sessions" }).click();
        await expect(page.getByRole("listitem").filter({ hasText: "This one" })).toBeVisible();
        await page.getByRole("button", { name: "End all others" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "End all others" }).click();
        await expect(page.getByText("sessions ended").or(page.getByText("One session ended"))).toBeVisible();
        await other.goto("/items");
        await expect(other).toHaveURL(/\/login/);
        await signIn(other, person);

        const password = newPassword();
        await page.getByRole("link", { name: "Password and sign-in" }).click();
        await page.getByLabel("Current password").fill("not the password");
        await page.getByLabel("New password").fill(password);
        await page.getByRole("button", { name: "Change the password" }).click();
        await expect(page.getByText("This is not your password.")).toBeVisible();
        await page.getByLabel("Current password").fill(person.password);
        await page.getByRole("button", { name: "Change the password" }).click();
        await expect(page.getByText("Your password is changed")).toBeVisible();
        await page.getByRole("link", { name: "Profile" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Profile" })).toBeVisible();
        await other.goto("/items");
        await expect(other).toHaveURL(/\/login/);
        await signIn(other, { ...person, password });
        await elsewhere.close();
        expect(complaints).toEqual([]);
    });

    test("lead from one organization to another, with every tab", async ({ page, context, request }) => {
        const person = await newcomer(request);
        await invite(request, person.email, "standard", people.globexAdmin);
        await accept(request, await linkFor(person.email, 2), person.name, person.password);
        await signIn(page, person);
        await expect(page).toHaveTitle(/Acme Robotics|Globex/);
        const first = (await page.title()).includes("Acme") ? ["Acme Robotics", "Globex"] : ["Globex", "Acme Robotics"];
        const tab = await context.newPage();
        await tab.goto("/items");
        await expect(tab).toHaveTitle(new RegExp(`Items - ${first[0]}`));
        await page.getByRole("button", { name: /^Account/ }).click();
        await page.getByRole("menuitemradio", { name: first[1] ?? "" }).click();
        await expect(page).toHaveTitle(new RegExp(`Dashboard - ${first[1]}`));
        await expect(tab).toHaveTitle(new RegExp(`Dashboard - ${first[1]}`));
    });
});

test.describe("the settings of an organization", () => {
    test("are changed by an admin, and two admins at once see both versions", async ({ as }) => {
        const mine = await as("globexAdmin");
        const theirs = await as("globexAdmin");
        await mine.goto("/settings/organization");
        await theirs.goto("/settings/organization");
        await expect(mine.getByLabel("Contact")).toBeVisible();
        const contact = `${unique("ops")}@globex.example`;
        const mineContact = `${unique("mine")}@globex.example`;
        await theirs.getByLabel("Contact").fill("not an address");
        await theirs.getByRole("button", { name: "Save" }).click();
        await expect(theirs.getByText("This is not an e-mail address.")).toBeVisible();
        await theirs.getByLabel("Contact").fill(contact);
        await theirs.getByLabel("Time zone").selectOption("Europe/Berlin");
        await theirs.getByRole("button", { name: "Save" }).click();
        await expect(theirs.getByText("The organization's settings are saved")).toBeVisible();

        await mine.getByLabel("Contact").fill(mineContact);
        await mine.getByRole("button", { name: "Save" }).click();
        const conflict = mine.getByRole("dialog", { name: "These settings changed meanwhile" });
        await expect(conflict.getByRole("row", { name: "Contact" })).toContainText(contact);
        await conflict.getByRole("button", { name: "Keep mine" }).click();
        await expect(mine.getByText("The organization's settings are saved")).toBeVisible();
        await mine.reload();
        await expect(mine.getByLabel("Contact")).toHaveValue(mineContact);
        await expect(mine.getByLabel("Time zone")).toHaveValue("Europe/Berlin");
    });

    test("are read by every member, and changed by no standard user", async ({ as }) => {
        const page = await as("acmeUser");
        await page.goto("/settings/organization");
        await expect(page.getByText("Your administrators change these.")).toBeVisible();
        await expect(page.getByRole("button", { name: "Save" })).toHaveCount(0);
        await expect(page.getByRole("link", { name: "API keys" })).toHaveCount(0);
        await page.goto("/settings/api-keys");
        await expect(page.getByRole("heading", { level: 1, name: "Not for your role" })).toBeVisible();
    });

    test("API keys are shown once, work, and end when they are revoked", async ({ as, request }) => {
        const page = await as("acmeAdmin");
        const name = unique("Robots");
        await page.goto("/settings/api-keys");
        await page.getByRole("button", { name: "New key" }).first().click();
        const dialog = page.getByRole("dialog");
        await dialog.getByRole("button", { name: "Create key" }).click();
        await expect(dialog.getByText("Say which program it is for.")).toBeVisible();
        await dialog.getByLabel("Name").fill(name);
        await dialog.getByLabel("Ends after").selectOption("7");
        await dialog.getByRole("button", { name: "Create key" }).click();
        await expect(page.getByRole("dialog", { name: "Copy the key now" })).toBeVisible();
        const key = await dialog.locator("code").first().innerText();
        expect(key).toMatch(/^pzk_[0-9a-f]{32}_[A-Za-z0-9_-]{49}$/);
        await dialog.getByRole("button", { name: "I have copied it" }).click();
        await expect(page.getByText(key)).toHaveCount(0);
        const useKey = () => request.post("/token", { form: { grant_type: "client_credentials", client_secret: key } });
        expect((await useKey()).status()).toBe(200);

        const row = page.getByRole("listitem").filter({ hasText: name });
        await expect(row).toContainText("Active");
        await row.getByRole("button", { name: `Revoke ${name}` }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Revoke the key" }).click();
        await expect(row).toContainText("Revoked");
        expect((await useKey()).status()).toBe(401);
    });

    test("integrations keep their secrets to themselves", async ({ as, request }) => {
        const page = await as("acmeAdmin");
        const name = unique("Payments");
        const secret = unique("s3cret");
        await page.goto("/settings/integrations");
        await page.getByRole("button", { name: "Add integration" }).first().click();
        const dialog = page.getByRole("dialog");
        await dialog.getByLabel("Name").fill(name);
        await dialog.getByLabel("Kind").selectOption("webhook");
        await dialog.getByRole("button", { name: "Add integration" }).click();
        await expect(dialog.getByText("The secret, please.")).toBeVisible();
        await dialog.getByLabel("Secret", { exact: true }).fill(secret);
        await dialog.getByRole("button", { name: "Add integration" }).click();
        await expect(dialog).toBeHidden();
        const row = page.getByRole("listitem").filter({ hasText: name });
        await expect(row).toContainText("Webhook");
        const token = await accessToken(request, people.acmeAdmin);
        const answer = await request.get("/api/v1/integrations?limit=100", { headers: { Authorization: `Bearer ${token}` } });
        expect(await answer.text()).not.toContain(secret);

        const reader = await as("acmeUser");
        await reader.goto("/settings/integrations");
        await expect(reader.getByRole("listitem").filter({ hasText: name })).toBeVisible();
        await expect(reader.getByRole("button", { name: /^(Change|Delete|Add)/ })).toHaveCount(0);

        await row.getByRole("button", { name: `Change ${name}` }).click();
        await dialog.getByLabel("Its secret").selectOption("remove");
        await dialog.getByRole("button", { name: "Save" }).click();
        await expect(row).toContainText("not set");
        await row.getByRole("button", { name: `Delete ${name}` }).click();
        await dialog.getByRole("button", { name: "Delete integration" }).click();
        await expect(row).toHaveCount(0);
    });
});
