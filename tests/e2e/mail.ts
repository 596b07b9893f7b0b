import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@playwright/test";

// The folder that the running stack writes its letters into instead of sending them.
const folder = process.env.PZ_E2E_MAIL;

/** A letter as identity-service writes it: quoted-printable, a link alone on its line. */
function linkIn(letter: string): string | undefined {
    const text = letter.replaceAll("=\r\n", "").replaceAll(/=([0-9A-F]{2})/g, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16)));
    return /^https?:\/\/\S+$/m.exec(text)?.[0];
}

async function lettersTo(address: string): Promise<string[]> {
    if (!folder) {
        throw new Error("PZ_E2E_MAIL has to name the stack's mail folder.");
    }
    const names = (await readdir(folder)).filter((name) => name.endsWith(".eml")).toSorted(); // by time: UUIDv7
    const letters = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
    return letters.filter((letter) => letter.includes(`\r\nTo: ${address}\r\n`) || letter.includes(`\r\nTo: <${address}>\r\n`));
}

/** Waits for the nth letter to an address and answers the link in it. */
export async function linkFor(address: string, nth = 1): Promise<string> {
    let link: string | undefined;
    await expect
        .poll(async () => {
            link = linkIn((await lettersTo(address))[nth - 1] ?? "");
            return link;
        })
        .toBeTruthy();
    return link ?? "";
}
