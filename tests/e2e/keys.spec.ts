import { expect, test } from "./fixtures";

// These move the keys of the whole stack. Nobody may notice: pages of others stay open meanwhile.
test.describe("signing keys", () => {
    test("show which signs, which stands by, and what becomes of both by themselves", async ({ as }) => {
        const page = await as("platformAdmin");
        await page.goto("/admin/keys");
        const active = page.getByRole("listitem").filter({ hasText: "Signs every token that is issued now." });
        await expect(active).toContainText("Stops signing");
        const next = page.getByRole("listitem").filter({ hasText: "Stands by." });
        await expect(next).toContainText("Begins to sign");
        await expect(next).toContainText(/Every verifier has it in 2\d hours/);
    });

    test("are rotated ahead of time with a warning, and everybody stays signed in", async ({ as }) => {
        const bystander = await as("acmeAdmin");
        await bystander.goto("/items");
        await expect(bystander.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
        const page = await as("platformAdmin");
        await page.goto("/admin/keys");
        const staged = await page.getByRole("listitem").filter({ hasText: "Stands by." }).getByRole("code").innerText();
        await page.getByRole("button", { name: "Rotate" }).click();
        const dialog = page.getByRole("dialog", { name: "Rotate the signing keys?" });
        await expect(dialog).toContainText(/some verifiers get it only in 2\d hours/);
        await dialog.getByRole("button", { name: "Rotate all the same" }).click();
        await expect(page.getByText("The staged key signs from now on", { exact: true })).toBeVisible();
        await expect(page.getByRole("listitem").filter({ hasText: "Signs every token that is issued now." })).toContainText(staged);
        await expect(page.getByRole("listitem").filter({ hasText: "Signs no more." })).toContainText("Retires");
        await bystander.getByRole("searchbox").fill("a");
        await expect(bystander).toHaveURL(/q=a/);
        await bystander.reload();
        await expect(bystander.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
    });

    // The one that signed until the last test, which the people here have their tokens from. The one that signs is not for
    // this: what is staged by now is too young for services that have not fetched it yet.
    test("one is revoked when its id is begun, and who has its tokens goes on with others", async ({ as }) => {
        const bystander = await as("acmeAdmin");
        await bystander.goto("/items");
        await expect(bystander.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
        const page = await as("platformAdmin");
        await page.goto("/admin/keys");
        const retiring = page.getByRole("listitem").filter({ hasText: "Signs no more." });
        const kid = await retiring.getByRole("code").innerText();
        await retiring.getByRole("button", { name: `Revoke ${kid}` }).click();
        const dialog = page.getByRole("dialog", { name: "Revoke this key?" });
        await expect(dialog).toContainText("Every token that it signed is refused from now on.");
        await dialog.getByRole("button", { name: "Revoke for good" }).click();
        await expect(dialog.getByText("Those are not its first six characters.")).toBeVisible();
        await dialog.getByRole("textbox").fill(kid.slice(0, 6));
        await dialog.getByRole("button", { name: "Revoke for good" }).click();
        await expect(page.getByText("The key is revoked")).toBeVisible();
        const revoked = page.getByRole("listitem").filter({ hasText: kid });
        await expect(revoked).toContainText("Its tokens are refused.");
        await expect(revoked.getByRole("button", { name: /^Revoke/ })).toHaveCount(0);

        await page.getByRole("link", { name: "Audit log" }).first().click();
        await expect(page.getByRole("button", { name: "Details of signing_key.revoked" }).first()).toBeVisible();
        await bystander.getByRole("searchbox").fill("b");
        await expect(bystander).toHaveURL(/q=b/);
        await expect(bystander.getByRole("alert")).toHaveCount(0);
        await expect(bystander.getByRole("heading", { level: 1, name: "Items" })).toBeVisible();
    });
});
