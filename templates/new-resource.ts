/**
 * ./dev new-resource NAME [FIELD:TYPE…]: renders templates/resource into the tree and adds the lines by which the rest
 * of the tree knows the resource. ./dev builds and tests what is written here, and makes the OpenAPI document and the
 * console's client from it.
 *
 * Prints what it wrote or, with --plan, would write: one line "new FILE" or "changed FILE" each.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describeEnum, describeField, type Field, parseFields, titleOf } from "./fields.ts";
import { Complaint, labelOf, type Names, namesOf } from "./names.ts";
import { render, type Values } from "./render.ts";

const templates = fileURLToPath(new URL("resource", import.meta.url));

/** A line for a file that is there already: before or after the only match of `at`. */
interface Insertion {
    file: string;
    at: RegExp;
    where: "before" | "after";
    text: (names: Names, before: string) => string;
}

// Each `at` names the last of its kind, so a new resource comes behind the ones before it.
const insertions: Insertion[] = [
    {
        file: "product-core-api/src/routes.cpp",
        at: /(?:#include "[a-z_]+\/[a-z]+\.hpp"\n)+/,
        where: "after",
        text: ({ plural }) => `#include "${plural}/routes.hpp"\n#include "${plural}/table.hpp"\n`,
    },
    {
        file: "product-core-api/src/routes.cpp",
        at: /(?:    [a-z_]+::add_routes\(router\);.*\n)+/,
        where: "after",
        text: ({ plural, kebabs }) => `    ${plural}::add_routes(router);  // /api/v1/${kebabs}\n`,
    },
    {
        file: "product-core-api/src/routes.cpp",
        at: / {4}append\(all, orgs::queries\(\)\);\n/,
        where: "before",
        text: ({ plural, Plural }) => `    append(all, ${plural}::${Plural}::queries());\n`,
    },
    {
        file: "product-frontend-web/src/lib/api/keys.ts",
        at: / {4}projects: \["projects"\],\n/,
        where: "after",
        text: ({ many }) => `    ${many}: ["${many}"],\n`,
    },
    {
        file: "product-frontend-web/src/app/router.tsx",
        at: /const orgsRoute = /,
        where: "before",
        text: ({ many, kebabs, Plural }) =>
            `const ${many}Route = createRoute({\n` +
            `    getParentRoute: () => shellRoute,\n` +
            `    path: "/${kebabs}",\n` +
            `    staticData: { roles: tenantRoles, area: "tenant" },\n` +
            `    component: lazyRouteComponent(() => import("@/features/${kebabs}/pages/${kebabs}-page"), "${Plural}Page"),\n` +
            `});\n\n`,
    },
    {
        file: "product-frontend-web/src/app/router.tsx",
        at: / {12}orgsRoute,\n/,
        where: "before",
        text: ({ many }) => `            ${many}Route,\n`,
    },
    {
        file: "product-frontend-web/src/app/shell/destinations.ts",
        at: /import \{ Building2, FolderKanban, /,
        where: "after",
        text: (_names, before) => (before.includes("Layers") ? "" : "Layers, "),
    },
    {
        file: "product-frontend-web/src/app/shell/destinations.ts",
        at: / {4}\{ to: "\/projects".*\n/,
        where: "after",
        text: ({ kebabs, Words }) => `    { to: "/${kebabs}", label: "${Words}", icon: Layers },\n`,
    },
    {
        file: "tests/e2e/pages.ts",
        at: / {4}\{ path: "\/admin\/orgs".*\n/,
        where: "before",
        text: ({ kebabs, Words }) => `    { path: "/${kebabs}", heading: "${Words}", who: "acmeAdmin" },\n`,
    },
    {
        file: "tests/pgtap/matrix.csv",
        at: /identity\.api_key,select,/,
        where: "before",
        text: ({ singular }) =>
            `app.${singular},select,own,own,all,-,all,-\n` +
            ["insert", "update", "delete"].map((command) => `app.${singular},${command},own,-,-,-,-,-\n`).join(""),
    },
];

function insert(text: string, { file, at, where, text: make }: Insertion, names: Names): string {
    const matches = [...text.matchAll(new RegExp(at, "g"))];
    const [match] = matches;
    if (!match || matches.length > 1) {
        throw new Error(`${file}: ${matches.length} places look like ${at}, and a new resource needs exactly one`);
    }
    const position = match.index + (where === "after" ? match[0].length : 0);
    return text.slice(0, position) + make(names, text) + text.slice(position);
}

/** The lines that a new resource adds to a file, for the page that explains them. */
export function linesFor(file: string, names: Names): string {
    return insertions
        .filter((insertion) => insertion.file === file)
        .map(({ text }) => text(names, ""))
        .join("");
}

function filesBelow(directory: string): string[] {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .toSorted();
}

export function refuseTaken(root: string, names: Names, fields: Field[]): void {
    const { plural, singular, Singular } = names;
    if (existsSync(join(root, "product-core-api/src", plural))) {
        throw new Complaint(`there is a resource ${plural} already: product-core-api/src/${plural}`);
    }
    const migrations = join(root, "database/migrations");
    const table = new RegExp(`create table app\\.${singular}\\b`, "i");
    const creator = readdirSync(migrations).find((file) => table.test(readFileSync(join(migrations, file), "utf8")));
    if (creator) {
        throw new Complaint(`there is a table app.${singular} already: database/migrations/${creator}`);
    }
    const { components } = JSON.parse(readFileSync(join(root, "product-core-api/api/openapi.json"), "utf8")) as {
        components: { schemas: Record<string, unknown> };
    };
    const enums = fields.filter(({ kind }) => kind === "enum").map((field) => String(describeEnum(field, names).name));
    const wanted = [Singular, `${Singular}Create`, `${Singular}Update`, `${Singular}Page`, ...enums];
    const taken = wanted.find((name) => name in components.schemas);
    if (taken) {
        throw new Complaint(`the API has a type ${taken} already, and each name in its document means one thing`);
    }
}

function nextMigration(root: string): string {
    const numbers = readdirSync(join(root, "database/migrations")).map((file) => Number.parseInt(file, 10));
    return String(Math.max(0, ...numbers.filter(Number.isFinite)) + 1).padStart(4, "0");
}

function valuesOf(root: string, names: Names, fields: Field[]): Values {
    const title = titleOf(fields) as Field;
    const entries = fields.map((field) => describeField(field, names, title));
    const kinds = new Set(fields.map(({ kind }) => kind));
    const has = (...wanted: Field["kind"][]) => wanted.some((kind) => kinds.has(kind));
    const list = (names: (string | false)[]) => names.filter((name) => name !== false).toSorted().join(", ");
    return {
        ...names,
        number: nextMigration(root),
        fields: entries,
        enums: fields.filter(({ kind }) => kind === "enum").map((field) => describeEnum(field, names)),
        others: entries.filter((_entry, at) => fields[at] !== title),
        inputs: entries.filter(({ nullable }) => !nullable),
        field_names: entries.map(({ name }) => name).join(", "),
        described_fields: entries.map(({ described }) => described).join(", "),
        samples: entries.map(({ name, good }) => `{"${name}", ${good}}`).join(", "),
        changes: entries.map(({ name, other }) => `{"${name}", ${other}}`).join(", "),
        optional_names: entries.filter(({ nullable }) => nullable).map(({ name }) => `"${name}"`).join(", "),
        title: title.name,
        title_label: labelOf(title.name),
        field_controls: list(["Field", "TextInput", entries.some(({ is_choice }) => is_choice === true) && "Select", entries.some(({ is_long_text }) => is_long_text === true) && "TextArea"]),
        form_helpers: list(["onlyChanged", has("integer") && "wholeNumber", has("timestamp") && "fromLocalInput", has("timestamp") && "toLocalInput"]),
        has_enum: has("enum"),
        formats: list(["formatDate", has("integer") && "formatCount", has("timestamp") && "formatDateTime", has("enum") && "inWords"]),
    };
}

export interface Rendering {
    /** New files, by path. */
    created: Record<string, string>;
    /** Files that get lines, by path. */
    changed: Record<string, string>;
}

/** What the tree would have; nothing is written. */
export function renderResource(root: string, names: Names, fields: Field[]): Rendering {
    const values = valuesOf(root, names, fields);
    const created: Record<string, string> = {};
    for (const template of filesBelow(templates)) {
        const name = relative(templates, template);
        created[render(name, values, name)] = render(readFileSync(template, "utf8"), values, name);
    }
    const changed: Record<string, string> = {};
    for (const insertion of insertions) {
        const { file } = insertion;
        changed[file] = insert(changed[file] ?? readFileSync(join(root, file), "utf8"), insertion, names);
    }
    return { created, changed };
}

interface Arguments {
    root: string;
    plan: boolean;
    names: Names;
    fields: Field[];
}

export function readArguments(words: string[]): Arguments {
    const rest: string[] = [];
    let root = dirname(dirname(templates));
    let plan = false;
    let singular: string | undefined;
    for (let at = 0; at < words.length; ++at) {
        const word = words[at] ?? "";
        if (word === "--plan") {
            plan = true;
        } else if (word === "--singular" || word === "--root") {
            const value = words[++at];
            if (value === undefined) {
                throw new Complaint(`${word} needs a value`);
            }
            if (word === "--root") {
                root = value;
            } else {
                singular = value;
            }
        } else if (word.startsWith("-")) {
            throw new Complaint(`there is no option ${word}; there are --singular NAME and --plan`);
        } else {
            rest.push(word);
        }
    }
    const [plural, ...fields] = rest;
    if (plural === undefined) {
        throw new Complaint("which resource? ./dev new-resource NAME [FIELD:TYPE…], as in ./dev new-resource invoices number:text:1..50 paid:boolean");
    }
    return { root, plan, names: namesOf(plural, singular), fields: parseFields(fields) };
}

function main(): void {
    const { root, plan, names, fields } = readArguments(process.argv.slice(2));
    refuseTaken(root, names, fields);
    const { created, changed } = renderResource(root, names, fields);
    const there = Object.keys(created).find((file) => existsSync(join(root, file)));
    if (there) {
        throw new Complaint(`${there} is there already, and nothing is overwritten`);
    }
    if (!plan) {
        for (const [file, text] of Object.entries({ ...created, ...changed })) {
            mkdirSync(dirname(join(root, file)), { recursive: true });
            writeFileSync(join(root, file), text);
        }
    }
    for (const file of Object.keys(created)) {
        process.stdout.write(`new ${file}\n`);
    }
    for (const file of Object.keys(changed)) {
        process.stdout.write(`changed ${file}\n`);
    }
}

if (process.argv[1] && statSync(process.argv[1]).isFile() && fileURLToPath(import.meta.url) === process.argv[1]) {
    try {
        main();
    } catch (error) {
        if (!(error instanceof Complaint)) {
            throw error;
        }
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 2;
    }
}
