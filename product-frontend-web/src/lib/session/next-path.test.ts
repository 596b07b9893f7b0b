import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { safeNextPath } from "./next-path";

const origin = "https://console.example";

describe("safeNextPath", () => {
    it("keeps a path of this origin with its query and fragment", () => {
        expect(safeNextPath("/items?q=a&status=open#row", origin)).toBe("/items?q=a&status=open#row");
        expect(safeNextPath("/admin/orgs", origin)).toBe("/admin/orgs");
    });

    it("resolves dots inside the origin", () => {
        expect(safeNextPath("/a/../../items", origin)).toBe("/items");
    });

    it.each([
        ["another origin", "https://evil.example/"],
        ["no scheme", "//evil.example/"],
        ["three slashes", "///evil.example/"],
        ["backslashes", "/\\evil.example/"],
        ["two backslashes", "\\\\evil.example/"],
        ["a tab that parsers drop", "/\t/evil.example/"],
        ["a newline that parsers drop", "/\n/evil.example/"],
        ["a leading space", " //evil.example/"],
        ["dots before slashes", "/.//evil.example/"],
        ["encoded dots before slashes", "/%2e//evil.example/"],
        ["parent before slashes", "/a/..//evil.example/"],
        ["a script", "javascript:alert(1)"],
        ["data", "data:text/html,x"],
        ["credentials", "https://console.example@evil.example/"],
        ["a relative path", "items"],
        ["the sign-in page itself", "/login?next=/items"],
        ["nothing", ""],
        ["a very long path", `/${"a".repeat(8001)}`],
        ["no text", undefined],
        ["a list", ["/items"]],
    ])("refuses %s", (_what, next) => {
        expect(safeNextPath(next, origin)).toBeNull();
    });

    const vectors = new URL("url/urltestdata.json", corpus());
    it.skipIf(!existsSync(vectors))("never leaves the origin for any vector of the URL corpus", () => {
        const cases = (JSON.parse(readFileSync(vectors, "utf8")) as { input?: string }[]).flatMap(({ input }) =>
            input === undefined ? [] : [input],
        );
        expect(cases.length).toBeGreaterThan(400);
        for (const input of cases) {
            for (const next of [input, `/${input}`, `//${input}`, `/\\${input}`]) {
                const kept = safeNextPath(next, origin);
                if (kept !== null) {
                    expect(new URL(kept, origin).origin, next).toBe(origin);
                    expect(kept.startsWith("/") && !kept.startsWith("//"), next).toBe(true);
                }
            }
        }
    });
});

function corpus(): URL {
    const folder = process.env.PZ_TESTDATA;
    const url = folder ? new URL(`file://${folder}/`) : new URL("../../../../../shared/testdata/", import.meta.url);
    if (!existsSync(url)) {
        process.stderr.write("SKIPPED: the URL corpus is missing; set PZ_TESTDATA to its folder.\n");
    }
    return url;
}
