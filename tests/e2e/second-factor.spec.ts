import { expect, signIn, test, watch } from "./fixtures";
import { newcomer } from "./newcomers";
import { oneTimeCode } from "./one-time-code";

test.describe("the second factor", () => {
    test("is set up, asked for, replaced by a recovery code, and removed", async ({ page, request }) => {
        const complaints = watch(page);
        const person = await newcomer(request);
        await signIn(page, person);
        await page.goto("/settings/security");
        await page.getByRole("button", { name: "Set up an app" }).click();
        const setup = page.getByRole("dialog", { name: "Set up an authenticator app" });
        await expect(setup.getByRole("img", { name: "QR code for your authenticator app" })).toBeVisible();
        const secret = await setup.locator("code").innerText();
        await setup.getByLabel("Code", { exact: true }).fill("000000");
        await setup.getByRole("button", { name: "Switch it on" }).click();
        await expect(setup.getByText("This is not the code that the app shows.")).toBeVisible();
        await setup.getByLabel("Code", { exact: true }).fill(oneTimeCode(secret, -1));
        await setup.getByRole("button", { name: "Switch it on" }).click();
        const kept = page.getByRole("dialog", { name: "Keep your recovery codes" });
        await expect(kept.getByRole("listitem")).toHaveCount(10);
        await kept.getByRole("button", { name: "I have kept them" }).click();
        await expect(page.getByText("10 recovery codes are left.")).toBeVisible();

        // The session was proved with the password alone: what changes a factor asks for the factor.
        await page.getByRole("button", { name: "Make new recovery codes" }).click();
        const proof = page.getByRole("dialog", { name: "Is it really you?" });
        await proof.getByLabel("Code of your authenticator app").fill("000000");
        await proof.getByRole("button", { name: "Continue" }).click();
        await expect(proof.getByText("This code is not right, or it has been used.")).toBeVisible();
        await proof.getByLabel("Code of your authenticator app").fill(oneTimeCode(secret));
        await proof.getByRole("button", { name: "Continue" }).click();
        await expect(page.getByText("The earlier ones do not work any more.")).toBeVisible();
        const recoveryCode = await kept.getByRole("listitem").first().innerText();
        await kept.getByRole("button", { name: "I have kept them" }).click();

        await page.getByRole("button", { name: /^Account/ }).click();
        await page.getByRole("menuitem", { name: "Sign out" }).click();
        await expect(page).toHaveURL(/notice=signed_out/);
        await page.getByLabel("E-mail").fill(person.email);
        await page.getByLabel("Password", { exact: true }).fill(person.password);
        await page.keyboard.press("Enter");
        await expect(page.getByRole("heading", { level: 1, name: "One more step" })).toBeVisible();
        await expect(page.getByLabel("Code", { exact: true })).toBeFocused();
        await page.getByLabel("Code", { exact: true }).fill("000000");
        await page.keyboard.press("Enter");
        await expect(page.getByText("That code is not right, or it has been used.")).toBeVisible();
        await page.getByRole("button", { name: "Use a recovery code" }).click();
        await page.getByLabel("Recovery code").fill(recoveryCode);
        await page.keyboard.press("Enter");
        await expect(page).toHaveURL("/dashboard");

        await page.goto("/settings/security");
        await expect(page.getByText("9 recovery codes are left.")).toBeVisible();
        await page.getByRole("button", { name: "Remove the app" }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Remove the app" }).click();
        await expect(page.getByText("Signing in takes your password alone.")).toBeVisible();
        expect(complaints).toEqual([]);
    });

    test("asks for the password again where the session is proved by nothing else", async ({ page, request }) => {
        const person = await newcomer(request);
        await signIn(page, person);
        await page.goto("/settings/security");
        // As if the sign-in were long ago: the service's own refusal, once. The proof goes to the real service.
        await page.route("**/me/mfa/totp", async (route) => {
            await route.fulfill({
                status: 401,
                contentType: "application/problem+json",
                body: '{"type":"about:blank","title":"Unauthorized","status":401,"code":"reauthentication_required","request_id":"-"}',
            });
            await page.unroute("**/me/mfa/totp");
        });
        await page.getByRole("button", { name: "Set up an app" }).click();
        const proof = page.getByRole("dialog", { name: "Is it really you?" });
        await proof.getByLabel("Your password").fill("not the password");
        await proof.getByRole("button", { name: "Continue" }).click();
        await expect(proof.getByText("This is not your password.")).toBeVisible();
        await proof.getByLabel("Your password").fill(person.password);
        await proof.getByRole("button", { name: "Continue" }).click();
        await expect(page.getByRole("dialog", { name: "Set up an authenticator app" })).toBeVisible();
    });

    test("is set up before the first sign-in where the role must have one", async ({ page }) => {
        // No role of the demo must: the two answers are those of a service with PZ_MFA_REQUIRED_FOR.
        await page.route("**/token", (route) =>
            route.fulfill({ status: 403, json: { error: "mfa_enrollment_required", error_description: "set up an app", mfa_token: "t" } }),
        );
        await page.route("**/mfa/enrol", (route) =>
            route.fulfill({ json: { secret: "JBSWY3DPEHPK3PXP", otpauth_uri: "otpauth://totp/Phase%20Zero:a?secret=JBSWY3DPEHPK3PXP" } }),
        );
        await page.goto("/login");
        await page.getByLabel("E-mail").fill("platform@numbersence.com");
        await page.getByLabel("Password", { exact: true }).fill("platform123");
        await page.keyboard.press("Enter");
        await expect(page.getByRole("heading", { level: 1, name: "Set up your second step" })).toBeVisible();
        await expect(page.getByRole("img", { name: "QR code for your authenticator app" })).toBeVisible();
        await expect(page.getByText("JBSW Y3DP EHPK 3PXP")).toBeVisible();
        await page.getByRole("button", { name: "Start again" }).click();
        await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
    });
});
