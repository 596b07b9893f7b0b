import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { expect, test } from "./fixtures";
import { pages } from "./pages";
import { scenes } from "./scenes";
import { named } from "./screenshot-names";
import { settled } from "./settled";

const folder = join(__dirname, "../../docs/screenshots");

/**
 * In a page of any origin: a picture as WebP, and the share of pixels that look other than in the one that is kept.
 * Chromium has both codecs, so this needs no other program.
 */
async function encoded({ png, kept }: { png: string; kept: string | null }): Promise<{ webp: string; changed: number }> {
    const pixels = async (type: string, base64: string) => {
        const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
        const image = await createImageBitmap(new Blob([bytes], { type }));
        const canvas = new OffscreenCanvas(image.width, image.height);
        const context = canvas.getContext("2d") as OffscreenCanvasRenderingContext2D;
        context.drawImage(image, 0, 0);
        return { canvas, values: context.getImageData(0, 0, image.width, image.height).data };
    };
    const { canvas, values } = await pixels("image/png", png);
    const before = kept === null ? null : (await pixels("image/webp", kept)).values;
    // What the compression alone changes is less than a sixth of the scale.
    const differing = before?.length === values.length ? values.filter((value, index) => Math.abs(value - (before[index] ?? 0)) > 40).length : values.length;
    const blob = await canvas.convertToBlob({ type: "image/webp", quality: 0.8 });
    const url = await new Promise<string>((resolve) => {
        const reader = new FileReader();
        reader.addEventListener("load", () => resolve(reader.result as string));
        reader.readAsDataURL(blob);
    });
    return { webp: url.slice(url.indexOf(",") + 1), changed: differing / values.length };
}

/** Times, counts and ids are new in every demo; a picture that differs in nothing else stays as it is in the repository. */
const noise = 0.001;

async function keep(workshop: Page, file: string, png: Buffer): Promise<void> {
    const kept = await readFile(file, "base64").catch(() => null);
    const { webp, changed } = await workshop.evaluate(encoded, { png: png.toString("base64"), kept });
    if (changed > noise) {
        await writeFile(file, webp, "base64");
    }
}

/** In both themes. */
async function portray(page: Page, workshop: Page, name: string, heading: string | null = null): Promise<void> {
    for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await expect(page.locator("html")).toHaveAttribute("data-theme", colorScheme);
        await settled(page, heading);
        // The heading has the focus, as after every navigation; its ring is not what a picture is for.
        await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
        const png = await page.screenshot({ animations: "disabled", caret: "hide" });
        await keep(workshop, join(folder, `${name}-${colorScheme}.webp`), png);
    }
}

for (const { name, path, heading, who } of named(pages)) {
    test(name, async ({ as, page: workshop }) => {
        const page = await as(who);
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
        await page.goto(path);
        await portray(page, workshop, name, heading);
    });
}

for (const { name, who, reach, shown } of scenes) {
    test(name, async ({ as, page: workshop }) => {
        const page = await as(who);
        await page.setViewportSize({ width: 1280, height: 800 });
        await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
        await reach(page);
        await expect(shown(page)).toBeVisible();
        await portray(page, workshop, name);
    });
}
