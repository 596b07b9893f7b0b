/**
 * docs/add-a-resource.md shows what ./dev new-resource writes, and how long it is. This program compares the page with the
 * templates or, with --write, brings the page up to date. In the page,
 *
 *   <!-- file PATH -->      stands before a code block that is that file, NNNN for the migration's number
 *   <!-- lines PATH -->     stands before a code block with the lines that an existing file gets
 *   <!-- count -->          stands before the table of line counts
 */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseFields } from "./fields.ts";
import { namesOf } from "./names.ts";
import { linesFor, renderResource } from "./new-resource.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const page = join(root, "docs/add-a-resource.md");
const twin = "bench/peers/fastapi";

/** The resource of the page, which bench/peers/fastapi has too. */
const names = namesOf("invoices");
const fields = parseFields(["number:text:1..50", "amount_cents:integer", "note:text?", "paid:boolean", "due_at:timestamp?"]);

const rendered = Object.fromEntries(
    Object.entries(renderResource(root, names, fields).created).map(([path, text]) => [
        path.replace(/migrations\/\d{4}/, "migrations/NNNN"),
        /\.[ch]pp$/.test(path)
            ? execFileSync("clang-format-19", [`--assume-filename=${join(root, path)}`], { input: text, encoding: "utf8" })
            : text,
    ]),
);

function fileNamed(path: string): string {
    const text = rendered[path];
    if (text === undefined) {
        throw new Error(`docs/add-a-resource.md shows ${path}, which new-resource does not write`);
    }
    return text;
}

const comments: [RegExp, RegExp][] = [
    [/\.(cpp|hpp|ts|tsx)$/, /^\s*(\/\/|\/\*|\*)/],
    [/\.sql$/, /^\s*--/],
    [/\.py$/, /^\s*(#|"""[^"]*"""$)/],
];

/** Lines that say something: not blank, not a comment. */
function count(path: string, text: string): number {
    const comment = comments.find(([ending]) => ending.test(path))?.[1];
    return text.split("\n").filter((line) => line.trim() !== "" && !comment?.test(line)).length;
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
const ours = (pattern: RegExp) => sum(Object.entries(rendered).filter(([path]) => pattern.test(path)).map(([path, text]) => count(path, text)));
const theirs = (...files: string[]) => sum(files.map((file) => count(file, readFileSync(join(root, twin, file), "utf8"))));
const oursChanged = (file: string) => count(file, linesFor(file, names));

function table(): string {
    const registration = theirs("app/main.py");
    const once = sum(
        readdirSync(join(root, twin, "app"))
            .filter((file) => file.endsWith(".py") && file !== "main.py")
            .map((file) => theirs(`app/${file}`)),
    );
    const migration = ours(/\.sql$/);
    const resource = [
        ["types (`types.hpp`; models and schemas)", ours(/types\.hpp$/), theirs("app/invoices/models.py", "app/invoices/schemas.py")],
        ["statements (`table.hpp`; in the router there)", ours(/table\.hpp$/), 0],
        ["routes (`routes.hpp`, `routes.cpp`; router)", ours(/src\/invoices\/routes\.[ch]pp$/), theirs("app/invoices/router.py")],
        ["where the program learns of it", oursChanged("product-core-api/src/routes.cpp"), 2],
    ] as const;
    const tests = ["tests", ours(/_test\.cpp$/), theirs("tests/test_invoices.py")] as const;
    const [mine, other] = [1, 2].map((column) => sum(resource.map((row) => Number(row[column]))));
    const all = [Number(mine) + tests[1] + migration, Number(other) + tests[2] + migration];
    const contractFiles = ["product-core-api/tests/resource_contract.hpp", "product-core-api/tests/resource_contract.cpp"];
    const contract = sum(contractFiles.map((file) => count(file, readFileSync(join(root, file), "utf8"))));
    const rows: (readonly [string, number | string, number | string])[] = [
        ...resource,
        ["**the resource**", `**${mine}**`, `**${other}**`],
        ["the table's migration and demo rows, the same for both", migration, migration],
        tests,
        ["**the resource with migration, demo rows and tests**", `**${all[0]}**`, `**${all[1]}**`],
        ["once for all resources: tenancy, tokens, roles, problems, pages, versions", "in `libs/`", once + registration - 2],
        ["once for all tests", contract, theirs("tests/conftest.py")],
        ["written by hand when there is a generator", "1 command", "-"],
    ];
    const lines = rows.map(([what, left, right]) => `| ${what} | ${left} | ${right} |`);
    return ["| lines | Phase Zero | FastAPI + SQLAlchemy |", "| --- | ---: | ---: |", ...lines].join("\n");
}

const fence = (path: string) => ({ sql: "sql", hpp: "cpp", cpp: "cpp", ts: "ts", tsx: "tsx" })[path.split(".").at(-1) ?? ""] ?? "";

function upToDate(text: string): string {
    const block = (path: string, code: string) => `\`\`\`${fence(path)}\n${code.trimEnd()}\n\`\`\``;
    return text
        .replace(/(<!-- file (\S+) -->\n)```[^]*?\n```/g, (_all, marker: string, path: string) => marker + block(path, fileNamed(path)))
        .replace(/(<!-- lines (\S+) -->\n)```[^]*?\n```/g, (_all, marker: string, path: string) => marker + block(path, linesFor(path, names)))
        .replace(/(<!-- count -->\n)(?:\|.*\n)+/g, (_all, marker: string) => `${marker}${table()}\n`);
}

const before = readFileSync(page, "utf8");
const after = upToDate(before);
if (process.argv.includes("--write")) {
    writeFileSync(page, after);
} else if (before !== after) {
    process.stderr.write("docs/add-a-resource.md is not what new-resource writes: node templates/docs.ts --write, with Node 22.18 or newer\n");
    process.exitCode = 1;
}
