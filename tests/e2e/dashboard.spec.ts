import { expect, signIn, test, watch } from "./fixtures";
import { linkFor } from "./mail";
import { accept, accessToken, newPassword, unique } from "./newcomers";
import { people } from "./people";

test.describe("the dashboard", () => {
    test("shows what the organization has and does, as a picture and as a table", async ({ as }) => {
        const page = await as("acmeAdmin");
        await page.goto("/items");
        await expect(page.getByRole("row").nth(1)).toBeVisible();
        await page.getByRole("link", { name: "Dashboard", exact: true }).click();
        for (const tile of ["Items", "Members", "Requests", "Errors"]) {
            await expect(page.getByRole("heading", { level: 2, name: tile, exact: true })).toBeVisible();
        }
        const plot = page.getByRole("img", { name: /^Requests of each of the last 30 days/ });
        await expect(plot.locator("canvas")).toBeVisible();
        await page.getByText("The same as a table").click();
        const rows = page.getByRole("table").getByRole("row");
        await expect(rows).toHaveCount(31);
        await expect(rows.nth(1).getByRole("cell").first()).not.toHaveText("0");
        await page.getByRole("link", { name: "See all members" }).click();
        await expect(page).toHaveURL("/members");
    });

    test("leads a new organization through its first steps", async ({ page, request }) => {
        const complaints = watch(page);
        const slug = unique("fresh");
        const email = `${slug}@newcomers.example`;
        const created = await request.post("/api/v1/admin/orgs", {
            headers: { Authorization: `Bearer ${await accessToken(request, people.platformAdmin)}` },
            data: { slug, name: `Fresh ${slug}`, plan: "team", state: "trial", admin_email: email },
        });
        expect(created.status()).toBe(201);
        const password = newPassword();
        await accept(request, await linkFor(email), "First Admin", password);
        await signIn(page, { email, password, landing: "/dashboard" });
        const steps = page.getByRole("region", { name: "Get going" }).getByRole("listitem");
        await expect(steps).toHaveCount(4);
        await expect(steps.filter({ hasText: "To do" })).toHaveCount(4);

        await page.getByRole("link", { name: "Create the first item" }).click();
        await expect(page.getByRole("heading", { name: "No items yet" })).toBeVisible();
        await page.getByRole("button", { name: "New item" }).first().click();
        await page.getByRole("dialog").getByLabel("Title").fill("The very first");
        await page.getByRole("dialog").getByRole("button", { name: "Create item" }).click();
        await expect(page.getByRole("row").filter({ hasText: "The very first" })).toBeVisible();
        await page.getByRole("link", { name: "Dashboard", exact: true }).click();
        await page.reload();
        await expect(steps.filter({ hasText: "Create the first item" })).toContainText("Done");
        await page.getByRole("link", { name: "Invite somebody" }).click();
        await expect(page).toHaveURL("/members");
        expect(complaints).toEqual([]);
    });
});
