import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "@playwright/test";
import { table } from "./table";

test("docs/interop.md shows the table that is tested here", () => {
    const page = readFileSync(join(__dirname, "../../docs/interop.md"), "utf8");
    expect(page).toContain(table(() => "ok"));
});
