/** Fails when the generated client is not what today's documents give: part of every build of the console. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@hey-api/openapi-ts";
import { clientOf, generated } from "../../openapi-ts.config.ts";

/** Every file below a folder, by its name there. */
function contents(folder: string): Map<string, string> {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    return new Map(
        files.map(({ parentPath, name }) => {
            const path = join(parentPath, name);
            return [path.slice(folder.length), readFileSync(path, "utf8")];
        }),
    );
}

// Below node_modules, because nothing there is watched, linted or committed.
const fresh = mkdtempSync("node_modules/.openapi-client-");
try {
    await createClient({ ...clientOf(fresh), logs: { level: "silent" } });
    const [expected, committed] = [contents(fresh), contents(generated)];
    const stale = [...new Set([...expected.keys(), ...committed.keys()])].filter(
        (name) => expected.get(name) !== committed.get(name),
    );
    if (stale.length > 0) {
        console.error(`the generated client is stale (${stale.join(", ")}): run ./dev openapi`);
        process.exitCode = 1;
    }
} finally {
    rmSync(fresh, { recursive: true });
}
