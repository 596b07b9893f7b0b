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

    test("shows its admins what happened last, and when support was there", async ({ as, request }) => {
        const agent = await accessToken(request, people.supportAgent);
        const headers = { Authorization: `Bearer ${agent}` };
        const found = await request.get("/api/v1/support/lookup?q=globex", { headers });
        const [{ id }] = ((await found.json()) as { items: [{ id: string }] }).items;
        const begun = await request.post(`/api/v1/support/impersonate/${id}`, { headers, data: { reason: "The dashboard is to say so." } });
        expect(begun.status()).toBe(201);
        const visit = (await begun.json()) as { session_id: string };
        const exchanged = await request.post("/token", {
            form: {
                grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
                subject_token: visit.session_id,
                subject_token_type: "urn:phasezero:params:oauth:token-type:impersonation-session",
                actor_token: agent,
                actor_token_type: "urn:ietf:params:oauth:token-type:access_token",
            },
        });
        const { access_token: inside } = (await exchanged.json()) as { access_token: string };
        const looked = await request.get("/api/v1/projects?limit=1", { headers: { Authorization: `Bearer ${inside}` } });
        expect(looked.status()).toBe(200);
        expect((await request.delete(`/api/v1/support/impersonate/${visit.session_id}`, { headers })).status()).toBe(204);

        const page = await as("globexAdmin");
        await page.goto("/dashboard");
        const lines = page.getByRole("region", { name: "What happened last" }).getByRole("listitem");
        const line = lines.filter({ hasText: "Support accessed your data" }).filter({ hasText: "data.viewed" }).first();
        await expect(line).toBeVisible();
        expect(await lines.count()).toBeLessThanOrEqual(10);
        await line.getByRole("link").click();
        await expect(page.getByRole("dialog", { name: "data.viewed" })).toContainText("The dashboard is to say so.");
    });

    test("keeps the audit log from members", async ({ as }) => {
        const page = await as("acmeUser");
        await page.goto("/dashboard");
        await expect(page.getByRole("heading", { name: "Newest items" })).toBeVisible();
        await expect(page.getByRole("heading", { name: "What happened last" })).toHaveCount(0);
    });
});
