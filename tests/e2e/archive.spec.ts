import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";

const globex = "0197c0de-0000-7000-8000-00000000610b";

/** The browser's dialog for a file has nobody who answers it here: a file of the page's own origin stands in, real otherwise. */
async function chooseByItself(page: Page): Promise<void> {
    await page.addInitScript(() => {
        window.showSaveFilePicker = async ({ suggestedName }: { suggestedName: string }) =>
            (await navigator.storage.getDirectory()).getFileHandle(suggestedName, { create: true });
    });
}

/** The names and sizes of the files that the page has written. */
function written(page: Page): Promise<{ name: string; size: number; magic: string }[]> {
    return page.evaluate(async () => {
        const files = [];
        for await (const handle of (await navigator.storage.getDirectory() as unknown as { values(): AsyncIterable<FileSystemFileHandle> }).values()) {
            const file = await handle.getFile();
            files.push({ name: handle.name, size: file.size, magic: await file.slice(257, 262).text() });
        }
        return files;
    });
}

declare global {
    interface Window {
        showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
    }
}

test.describe("an organization leaves as one archive", () => {
    test("its admins export it to a file of their choosing", async ({ as }) => {
        const page = await as("globexAdmin");
        await chooseByItself(page);
        await page.goto("/settings/organization");
        const section = page.getByRole("region", { name: "Export everything" });
        await expect(section).toContainText("Passwords, sessions and the secrets of integrations are not in it.");
        await section.getByRole("button", { name: "Export", exact: true }).click();
        await expect(section.getByRole("status")).toContainText(/^The archive is complete: \d/);
        await expect(section.getByRole("button", { name: "Cancel" })).toHaveCount(0);
        const [file, ...others] = await written(page);
        expect(others).toEqual([]);
        expect(file?.name).toMatch(/^globex-\d{4}-\d\d-\d\d\.tar$/);
        expect(file?.magic).toBe("ustar");
        expect(file?.size).toBeGreaterThan(10_000);
    });

    test("what is stopped or refused leaves no file, and says why", async ({ as }) => {
        const page = await as("globexAdmin");
        await chooseByItself(page);
        await page.goto("/settings/organization");
        await page.evaluate(async () => {
            const folder = await navigator.storage.getDirectory();
            for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) {
                await folder.removeEntry(name);
            }
        });
        const section = page.getByRole("region", { name: "Export everything" });
        const button = section.getByRole("button", { name: "Export", exact: true });
        await page.route("**/api/v1/org/export", () => undefined); // Never goes on.
        await button.click();
        await expect(section.getByRole("status")).toHaveText("The archive is on its way.");
        await section.getByRole("button", { name: "Cancel" }).click();
        await expect(section.getByRole("status")).toHaveText("Stopped. Nothing of it was kept.");
        expect(await written(page)).toEqual([]);

        await page.unroute("**/api/v1/org/export");
        await page.route("**/api/v1/org/export", (route) => route.abort());
        await button.click();
        await expect(section.getByRole("alert")).toContainText("The server cannot be reached");
        expect(await written(page)).toEqual([]);
        await page.unroute("**/api/v1/org/export");
        await button.click();
        await expect(section.getByRole("status")).toContainText("The archive is complete");
        await expect(section.getByRole("alert")).toHaveText("");
    });

    test("platform admins export any, also where the browser has only its downloads", async ({ as }) => {
        const page = await as("platformAdmin");
        await page.addInitScript(() => {
            delete window.showSaveFilePicker;
        });
        await page.goto(`/admin/orgs/${globex}?tab=settings`);
        const section = page.getByRole("region", { name: "Export everything" });
        const download = page.waitForEvent("download");
        await section.getByRole("button", { name: "Export", exact: true }).click();
        const file = await download;
        expect(file.suggestedFilename()).toMatch(/^globex-.*\.tar$/);
        const archive = await readFile(await file.path());
        expect(archive.subarray(257, 262).toString()).toBe("ustar");
        await expect(section.getByRole("status")).toContainText("The archive is complete");
    });

    test("is not offered to others", async ({ as }) => {
        const page = await as("acmeUser");
        await page.goto("/settings/organization");
        await expect(page.getByRole("heading", { name: "On the platform" })).toBeVisible();
        await expect(page.getByRole("region", { name: "Export everything" })).toHaveCount(0);
    });
});
