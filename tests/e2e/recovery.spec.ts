import { expect, signIn, test, watch } from "./fixtures";
import { linkFor } from "./mail";
import { newcomer, newPassword, unique } from "./newcomers";

test.describe("the links of letters", () => {
    test("an invitation leads to a name, a password and the organization", async ({ as, page }) => {
        const complaints = watch(page);
        const name = unique("Invited");
        const email = `${name.toLowerCase()}@newcomers.example`;
        const password = newPassword();
        const admin = await as("acmeAdmin");
        await admin.goto("/members");
        await admin.getByRole("button", { name: "Invite", exact: true }).click();
        const dialog = admin.getByRole("dialog", { name: "Invite somebody" });
        await dialog.getByLabel("E-mail").fill("nobody");
        await dialog.getByRole("button", { name: "Send the invitation" }).click();
        await expect(dialog.getByText("This is not an e-mail address.")).toBeVisible();
        await dialog.getByLabel("E-mail").fill(email);
        await dialog.getByRole("button", { name: "Send the invitation" }).click();
        await expect(dialog).toBeHidden();
        await expect(admin.getByRole("listitem").filter({ hasText: email })).toBeVisible();

        await page.goto(await linkFor(email));
        await expect(page.getByRole("heading", { level: 1, name: "Accept your invitation" })).toBeVisible();
        await page.getByLabel("Your name").fill(name);
        await page.getByLabel("Password", { exact: true }).fill("acme robotics");
        await page.getByRole("button", { name: "Join" }).click();
        await expect(page.getByText("This is too close to your e-mail address")).toBeVisible();
        await page.getByLabel("Password", { exact: true }).fill(password);
        await page.getByRole("button", { name: "Join" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "You have joined" })).toBeVisible();
        await page.getByRole("link", { name: "Go to sign in" }).click();
        await page.getByLabel("E-mail").fill(email);
        await page.getByLabel("Password", { exact: true }).fill(password);
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/dashboard");
        await expect(page).toHaveTitle(/Acme Robotics/);
        expect(complaints).toEqual([]);

        await admin.reload();
        await expect(admin.getByRole("row").filter({ hasText: email })).toBeVisible();
        await expect(admin.getByRole("listitem").filter({ hasText: email })).toHaveCount(0);
        await admin.getByRole("button", { name: `Remove ${name}` }).click();
        await admin.getByRole("button", { name: "Remove from the organization" }).click();
        await expect(admin.getByRole("row").filter({ hasText: email })).toHaveCount(0);
    });

    test("an invitation that was used is dead, and offers a way on", async ({ page, request }) => {
        const { email } = await newcomer(request);
        await page.goto(await linkFor(email));
        await page.getByLabel("Your name").fill("Too late");
        await page.getByLabel("Password", { exact: true }).fill(newPassword());
        await page.getByRole("button", { name: "Join" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "This link does not work" })).toBeVisible();
        await page.getByRole("button", { name: "Send me a new link" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Look at your mail" })).toBeVisible();
    });

    test("a forgotten password is replaced, once, and the new one signs in", async ({ page, request }) => {
        const complaints = watch(page);
        const { email } = await newcomer(request);
        const password = newPassword();
        await page.goto("/login");
        await page.getByRole("link", { name: "Forgotten your password?" }).click();
        await page.getByLabel("E-mail").fill(email);
        await page.keyboard.press("Enter");
        await expect(page.getByRole("heading", { level: 1, name: "Look at your mail" })).toBeVisible();
        const link = await linkFor(email, 2);

        await page.goto(link);
        await page.getByLabel("New password").fill("too short");
        await page.keyboard.press("Enter");
        await expect(page.getByText("At least 12 characters.", { exact: true })).toBeVisible();
        await page.getByLabel("New password").fill("password12345");
        await page.keyboard.press("Enter");
        await expect(page.getByText("This is one of the passwords that are tried first.")).toBeVisible();
        await page.getByLabel("New password").fill(password);
        await page.keyboard.press("Enter");
        await expect(page.getByText("Your new password is set. Sign in with it.")).toBeVisible();
        await signIn(page, { email, password, landing: "/dashboard" });
        await expect(page).toHaveURL("/dashboard");

        await page.goto(link);
        await page.getByLabel("New password").fill(newPassword());
        await page.keyboard.press("Enter");
        await expect(page.getByRole("heading", { level: 1, name: "This link does not work" })).toBeVisible();
        expect(complaints).toEqual([]);
    });

    test("an address that nobody has gets the same answer", async ({ page }) => {
        await page.goto("/login/forgotten");
        await page.getByLabel("E-mail").fill("nobody@acme.example");
        await page.keyboard.press("Enter");
        await expect(page.getByText("If there is an account with the address nobody@acme.example")).toBeVisible();
    });

    test("the proof behind # is sent to no server before the form is", async ({ page }) => {
        const asked: string[] = [];
        page.on("request", (request) => asked.push(`${request.url()} ${request.headers().referer ?? ""} ${request.postData() ?? ""}`));
        await page.goto("/password-reset#a-proof-of-nothing");
        await expect(page.getByRole("heading", { level: 1, name: "Set a new password" })).toBeVisible();
        await page.waitForLoadState("networkidle");
        expect(asked.filter((request) => request.includes("a-proof-of-nothing"))).toEqual([]);
    });
});

test.describe("what a sign-in runs into", () => {
    test("a suspended organization is named as the reason, after a right password", async ({ page }) => {
        await page.goto("/login");
        await page.getByLabel("E-mail").fill("admin@initech.example");
        await page.getByLabel("Password", { exact: true }).fill("admin123");
        await page.keyboard.press("Enter");
        await expect(page.getByText("This organization is suspended.")).toBeVisible();
    });

    test("too many attempts are counted down, and the button says how long", async ({ page, request }) => {
        const { email } = await newcomer(request);
        await page.goto("/login");
        await page.getByLabel("E-mail").fill(email);
        const button = page.getByRole("button", { name: /^Try again in/ });
        for (let attempt = 0; attempt < 8 && !(await button.isVisible()); ++attempt) {
            await page.getByLabel("Password", { exact: true }).fill("not the password");
            const answered = page.waitForResponse((response) => new URL(response.url()).pathname === "/token");
            await page.keyboard.press("Enter");
            await answered;
            await expect(page.getByRole("alert").filter({ hasText: /\S/ })).toBeVisible();
        }
        await expect(page.getByText("Too many attempts.")).toBeVisible();
        await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeEnabled();
        await expect(page.getByText("You can try again now.")).toBeVisible();
    });
});
