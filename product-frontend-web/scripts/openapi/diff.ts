/**
 * diff.ts [--check]: what changed since the last release. With --check, a breaking change is an error unless the changelog
 * announces it: under [Unreleased], in a section "### Breaking" that names the operation or the component.
 */
import { readFileSync } from "node:fs";
import { compare } from "./compatibility.ts";
import { readDocument, services } from "./documents.ts";

const changelog = readFileSync(new URL("../../../CHANGELOG.md", import.meta.url), "utf8");
const unreleased = /^## \[Unreleased\]\n(.*?)(?=^## |$(?![\s\S]))/ms.exec(changelog)?.[1] ?? "";
const announced = /^### Breaking\n(.*?)(?=^### |$(?![\s\S]))/ms.exec(unreleased)?.[1] ?? "";

const check = process.argv.includes("--check");
let unannounced = 0;
for (const service of services) {
    const changes = compare(readDocument(service, "released"), readDocument(service));
    for (const breaking of [true, false]) {
        for (const { where, text } of changes.filter((change) => change.breaking === breaking)) {
            const silent = breaking && !announced.includes(`\`${where}\``);
            unannounced += silent ? 1 : 0;
            if (!check || silent) {
                console.log(`${breaking ? "breaking  " : "compatible"}  ${service}  ${where}  ${text}`);
            }
        }
    }
    if (!check && changes.length === 0) {
        console.log(`unchanged   ${service}`);
    }
}
if (check && unannounced > 0) {
    console.log(`${unannounced} breaking changes are not in CHANGELOG.md: name each operation or component under [Unreleased], ### Breaking`);
    process.exitCode = 1;
}
