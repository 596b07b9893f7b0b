// Writes blocked_list.inc beside this file from the list of common passwords that the zxcvbn-ts project maintains:
//     node identity-service/src/passwords/build_blocked_list.mjs
// The package is pinned by version and by the digest of its archive, so that a run gives the committed file again.
// To renew the list, raise both. ADR 28 says why this list and why in this form.

import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const source = "@zxcvbn-ts/language-common@4.1.3";
const sha512 = "g2bg4skmlJG9aJqC/nWziZzgYpSe/f3rKeGobrkdFiOrfZVFqqzUgC6BUQWuX54Sua9j0Jxxt+1bf4f/Mal1Kg==";
const shortestPassword = 12;
const shortestCore = 4;

const directory = mkdtempSync(join(tmpdir(), "blocked-list-"));
try {
    const output = execFileSync("npm", ["pack", "--silent", source], { cwd: directory, encoding: "utf8" });
    const archive = join(directory, output.trim().split("\n").at(-1));
    const digest = createHash("sha512").update(readFileSync(archive)).digest("base64");
    if (digest !== sha512) {
        throw new Error(`${source} is not what it was: ${digest}`);
    }
    const packed = execFileSync("tar", ["xzOf", archive, "package/src/passwords.json"], { maxBuffer: 1 << 26 });
    const entries = new Set();
    for (const password of JSON.parse(packed.toString("utf8"))) {
        // As policy.cpp folds what it compares: ASCII only, which nearly all of the list is.
        const folded = password.toLowerCase();
        if (!/^[!-~]+$/.test(folded)) {
            continue;
        }
        const core = folded.replace(/^[^a-z]+|[^a-z]+$/g, "");
        if (core.length >= shortestCore) {
            entries.add(core);
        }
        if (folded.length >= shortestPassword) {
            entries.add(folded);
        }
    }
    // One literal for each line: a compiler need not take a longer one than 65,536 characters.
    const lines = [...entries].sort().map((entry) => JSON.stringify(`${entry}\n`));
    writeFileSync(
        join(import.meta.dirname, "blocked_list.inc"),
        `// Written by build_blocked_list.mjs from ${source} (MIT licence); not edited by hand.\n${lines.join("\n")}\n`,
    );
    console.log(`${entries.size} entries`);
} finally {
    rmSync(directory, { recursive: true });
}
