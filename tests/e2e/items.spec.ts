import { readFile } from "node:fs/promises";
import { expect, test } from "./fixtures";
import { people } from "./people";

const unique = (what: string) => `${what} ${Date.now().toString(36)}`;

test.describe("items", () => {
    test("are created, renamed, filtered and deleted by an admin, and unseen by another organization", async ({ as }) => {
        const title = unique("E2E torque check");
        const page = await as("acmeAdmin");
        await page.goto("/items");
        await page.getByRole("button", { name: "New item" }).click();
        const dialog = page.getByRole("dialog", { name: "New item" });
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog.getByText("Give the item a title.")).toBeVisible();
        await dialog.getByLabel("Title").fill(title);
        await dialog.getByRole("button", { name: "Create item" }).click();
        await expect(dialog).toBeHidden();
        const row = page.getByRole("row").filter({ hasText: title });
        await expect(row).toBeVisible();

        const stranger = await as("globexAdmin");
        await stranger.goto(`/items?q=${encodeURIComponent(title)}`);
        await expect(stranger.getByRole("heading", { name: "No item matches" })).toBeVisible();

        await row.getByRole("button", { name: `Rename ${title}` }).click();
        await page.getByLabel(`New title of ${title}`).fill(`${title} renamed`);
        await page.keyboard.press("Enter");
        await expect(page.getByText(`Renamed to “${title} renamed”`)).toBeVisible();

        await page.getByLabel("Search items by the beginning of their title").fill(`${title} renamed`);
        await expect(page).toHaveURL(/\?q=/);
        await expect(page.getByRole("row")).toHaveCount(2);
        await page.getByRole("combobox", { name: `Status of ${title} renamed` }).selectOption("done");
        await expect(page.getByText("is now done")).toBeVisible();

        await page.getByRole("button", { name: `Delete ${title} renamed` }).click();
        await expect(page.getByRole("heading", { name: "No item matches" })).toBeVisible();
        await page.getByRole("dialog", { name: /^Deleted/ }).getByRole("button", { name: "Undo" }).click();
        await expect(page.getByRole("row").filter({ hasText: `${title} renamed` })).toBeVisible();
        await page.getByRole("button", { name: `Delete ${title} renamed` }).click();
        await expect(page.getByRole("heading", { name: "No item matches" })).toBeVisible();
    });

    test("cannot be deleted by a standard user, neither by the button nor by the API", async ({ as, request }) => {
        const page = await as("acmeUser");
        const listed = page.waitForResponse((response) => new URL(response.url()).pathname === "/api/v1/items");
        await page.goto("/items");
        const { items } = (await (await listed).json()) as { items: { id: string; title: string }[] };
        const item = items[0];
        expect(item).toBeDefined();
        const button = page.getByRole("button", { name: /^Delete / }).first();
        await expect(button).toBeDisabled();
        await expect(button).toHaveAccessibleDescription("Only an organization admin can delete items.");
        await button.hover();
        await expect(page.getByText("Only an organization admin can delete items.").first()).toBeVisible();
        await expect(page.getByText("Only an organization admin can delete items.").nth(1)).toBeHidden();

        const { email, password } = people.acmeUser;
        const grant = await request.post("/token", { form: { grant_type: "password", username: email, password } });
        const { access_token } = (await grant.json()) as { access_token: string };
        const answer = await request.delete(`/api/v1/items/${item?.id}`, {
            headers: { Authorization: `Bearer ${access_token}` },
        });
        expect(answer.status()).toBe(403);
    });

    test("show both versions when somebody else was faster", async ({ as }) => {
        const title = unique("E2E conflict");
        const mine = await as("acmeAdmin");
        await mine.goto("/items");
        await mine.getByRole("button", { name: "New item" }).click();
        await mine.getByRole("dialog").getByLabel("Title").fill(title);
        await mine.getByRole("dialog").getByRole("button", { name: "Create item" }).click();
        await expect(mine.getByRole("row").filter({ hasText: title })).toBeVisible();

        const theirs = await as("acmeUser");
        await theirs.goto(`/items?q=${encodeURIComponent(title)}`);
        await theirs.getByRole("combobox", { name: `Status of ${title}` }).selectOption("done");
        await expect(theirs.getByText("is now done")).toBeVisible();

        await mine.getByRole("button", { name: `Rename ${title}` }).click();
        await mine.getByLabel(`New title of ${title}`).fill(`${title} mine`);
        await mine.keyboard.press("Enter");
        const dialog = mine.getByRole("dialog", { name: "This item has changed" });
        await expect(dialog.getByRole("heading", { name: "Your version" })).toBeVisible();
        await expect(dialog.getByText("Done")).toBeVisible();
        await dialog.getByRole("button", { name: "Keep mine" }).click();
        await expect(mine.getByRole("row").filter({ hasText: `${title} mine` })).toBeVisible();
        await mine.getByRole("button", { name: `Delete ${title} mine` }).click();
        await expect(mine.getByText(`Deleted “${title} mine”`)).toBeVisible();
    });

    test("page forward by cursor, and Back returns", async ({ as }) => {
        const page = await as("acmeAdmin");
        await page.goto("/items?status=done"); // No other file makes such meanwhile.
        const first = await page.getByRole("row").nth(1).innerText();
        await page.getByRole("button", { name: "Next" }).click();
        await expect(page).toHaveURL(/cursor=/);
        await expect(page.getByRole("row").nth(1)).not.toHaveText(first);
        await page.goBack();
        await expect(page).toHaveURL("/items?status=done");
        await expect(page.getByRole("row").nth(1)).toContainText(first.split("\n")[0] ?? "");
    });

    test("are sorted, chosen, deleted together and brought back", async ({ as }) => {
        const prefix = unique("E2E pile");
        const page = await as("acmeAdmin");
        await page.goto(`/items?q=${encodeURIComponent(prefix)}`);
        for (const letter of ["b", "a", "c"]) {
            await page.getByRole("button", { name: "New item" }).first().click();
            await page.getByRole("dialog").getByLabel("Title").fill(`${prefix} ${letter}`);
            await page.getByRole("dialog").getByRole("button", { name: "Create item" }).click();
            await expect(page.getByRole("row").filter({ hasText: `${prefix} ${letter}` })).toBeVisible();
        }
        await page.getByLabel("Sort by").selectOption("title");
        await expect(page).toHaveURL(/sort=title/);
        await expect(page.getByRole("row").nth(1)).toContainText(`${prefix} a`);
        await expect(page.getByRole("row").nth(3)).toContainText(`${prefix} c`);

        await page.getByRole("checkbox", { name: `Select ${prefix} a` }).check();
        await expect(page.getByText("1 item selected")).toBeVisible();
        await page.getByRole("button", { name: "Select the whole page" }).click();
        await expect(page.getByText("3 items selected")).toBeVisible();
        await page.getByRole("button", { name: "Delete", exact: true }).click();
        await expect(page.getByRole("heading", { name: "No item matches" })).toBeVisible();
        await page.getByRole("dialog", { name: /^Deleted/ }).getByRole("button", { name: "Undo" }).click();
        await expect(page.getByRole("row")).toHaveCount(4);

        const reader = await as("acmeUser");
        await reader.goto(`/items?q=${encodeURIComponent(prefix)}`);
        await expect(reader.getByRole("row")).toHaveCount(4);
        await expect(reader.getByRole("checkbox")).toHaveCount(0);
    });

    test("leave as a file that no spreadsheet takes for formulas", async ({ as }) => {
        const title = `=SUM(1,2) ${unique("E2E export")}`;
        const page = await as("acmeAdmin");
        await page.goto(`/items?q=${encodeURIComponent(title)}`);
        await page.getByRole("button", { name: "New item" }).first().click();
        await page.getByRole("dialog").getByLabel("Title").fill(title);
        await page.getByRole("dialog").getByRole("button", { name: "Create item" }).click();
        await expect(page.getByRole("row").filter({ hasText: title })).toBeVisible();
        const download = page.waitForEvent("download");
        await page.getByRole("button", { name: "Export as CSV" }).click();
        const file = await download;
        expect(file.suggestedFilename()).toMatch(/^items-\d{4}-\d{2}-\d{2}\.csv$/);
        const lines = (await readFile(await file.path(), "utf8")).split("\r\n");
        expect(lines[0]).toBe("\u{feff}id,title,status,project,description,created_at,updated_at");
        expect(lines[1]).toContain(`"'${title}",open`);
        expect(lines).toHaveLength(3);
    });
});

test.describe("projects", () => {
    test("are created, changed with both versions at hand, and deleted", async ({ as }) => {
        const name = unique("E2E project");
        const page = await as("acmeAdmin");
        await page.goto("/projects");
        await page.getByRole("button", { name: "New project" }).first().click();
        await page.getByRole("dialog").getByLabel("Name").fill(name);
        await page.getByRole("dialog").getByRole("button", { name: "Create project" }).click();
        const row = page.getByRole("listitem").filter({ hasText: name });
        await expect(row).toBeVisible();

        const colleague = await as("acmeUser");
        await colleague.goto("/projects");
        await page.getByRole("button", { name: `Change ${name}` }).click();
        await colleague.getByRole("button", { name: `Change ${name}` }).click();
        await colleague.getByRole("dialog").getByLabel("Description").fill("theirs");
        await colleague.getByRole("dialog").getByRole("button", { name: "Save" }).click();
        await expect(colleague.getByText(`Saved “${name}”`)).toBeVisible();
        await page.getByRole("dialog").getByLabel("Description").fill("mine");
        await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
        const conflict = page.getByRole("dialog", { name: "This project changed meanwhile" });
        await expect(conflict.getByRole("row", { name: "Description" })).toContainText("theirs");
        await conflict.getByRole("button", { name: "Keep mine" }).click();
        await expect(row).toContainText("mine");

        await page.getByLabel("Sort by").selectOption("name");
        await expect(page).toHaveURL("/projects?sort=name");
        await row.getByRole("button", { name: `Delete ${name}` }).click();
        await page.getByRole("dialog").getByRole("button", { name: "Delete project and items" }).click();
        await expect(row).toHaveCount(0);
    });
});
