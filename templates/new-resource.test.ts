import assert from "node:assert/strict";
import { mkdtempSync, cpSync, rmSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseField, parseFields } from "./fields.ts";
import { Complaint, namesOf, singularOf } from "./names.ts";
import { readArguments, renderResource } from "./new-resource.ts";
import { render } from "./render.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const refuses = (action: () => unknown, words: RegExp) =>
    assert.throws(action, (error: Error) => error instanceof Complaint && words.test(error.message) && !error.message.includes("\n"));

test("a singular follows English, and is asked for where English has no rule", () => {
    const pairs = { invoices: "invoice", companies: "company", addresses: "address", boxes: "box", statuses: "status", branches: "branch", purchase_orders: "purchase_order" };
    for (const [plural, singular] of Object.entries(pairs)) {
        assert.equal(singularOf(plural), singular);
    }
    assert.equal(singularOf("people"), undefined);
    refuses(() => namesOf("people"), /--singular/);
    assert.equal(namesOf("people", "person").Singular, "Person");
});

test("each place has the name's own form", () => {
    const names = namesOf("purchase_orders");
    assert.deepEqual(
        [names.Singular, names.many, names.kebabs, names.Words, names.a_word],
        ["PurchaseOrder", "purchaseOrders", "purchase-orders", "Purchase orders", "a purchase order"],
    );
    assert.equal(namesOf("invoices").a_word, "an invoice");
    assert.equal(namesOf("units").a_word, "a unit");
});

test("a name that cannot be used is refused in one sentence", () => {
    refuses(() => namesOf("Invoices"), /snake_case/);
    refuses(() => namesOf("in__voices"), /snake_case/);
    refuses(() => namesOf("classes"), /word of C\+\+/);
    refuses(() => namesOf("tokens"), /taken/);
    refuses(() => namesOf("sheep", "sheep"), /one name/);
    refuses(() => namesOf(`${"a".repeat(41)}s`), /40/);
});

test("a field that cannot be used is refused in one sentence", () => {
    const bad: [string, RegExp][] = [
        ["number", /NAME:TYPE/],
        ["number:money", /type money/],
        ["order:text", /word of SQL/],
        ["class:text", /word of C\+\+/],
        ["tenant_id:uuid", /has "tenant_id" already/],
        ["Number:text", /snake_case/],
        ["paid:boolean:0..1", /have a range/],
        ["number:text:9..1", /upwards/],
        ["amount:integer:0..9007199254740993", /53 bits/],
        ["status:enum(draft)", /2 to 32/],
        ["status:enum(draft|draft)", /different/],
        ["status:enum(new|old)", /word of C\+\+/],
        ["number:text(a|b)", /only an enum/],
    ];
    for (const [field, words] of bad) {
        refuses(() => parseField(field), words);
    }
    refuses(() => parseFields(["a:integer"]), /which row is which/);
    refuses(() => parseFields(["a:text", "a:text?"]), /two fields/);
    refuses(() => parseFields(["name:text", ...Array.from({ length: 14 }, (_, at) => `f${at}:integer`)]), /too many/);
});

test("a field without a range has a sensible one", () => {
    assert.deepEqual(parseField("name:text"), { name: "name", kind: "text", nullable: false, values: [], low: 1, high: 200 });
    assert.deepEqual(parseField("note:text?"), { name: "note", kind: "text", nullable: true, values: [], low: 0, high: 2000 });
    assert.deepEqual(parseFields([]).map(({ name }) => name), ["name", "description"]);
});

test("arguments that are not understood are refused", () => {
    refuses(() => readArguments([]), /which resource/);
    refuses(() => readArguments(["invoices", "--force"]), /no option --force/);
    refuses(() => readArguments(["people", "--singular"]), /needs a value/);
});

test("what is there already is refused, and nothing is written", () => {
    const run = (...words: string[]) =>
        spawnSync(process.execPath, [join(root, "templates/new-resource.ts"), ...words, "--plan"], { encoding: "utf8" });
    for (const [words, complaint] of [
        [["projects"], /resource projects already/],
        [["articles", "--singular", "item"], /table app\.item already/],
        [["organisations", "--singular", "org"], /type Org already/],
    ] as const) {
        const { status, stderr } = run(...words);
        assert.equal(status, 2);
        assert.match(stderr, complaint);
    }
});

test("a second resource finds its places behind the first", () => {
    const copy = mkdtempSync(join(tmpdir(), "pz-resource-"));
    try {
        for (const folder of ["database/migrations", "product-core-api/src", "product-core-api/api", "product-frontend-web/src/app", "product-frontend-web/src/lib/api", "tests/e2e", "tests/pgtap"]) {
            cpSync(join(root, folder), join(copy, folder), { recursive: true, filter: (path) => !path.includes("generated") });
        }
        for (const plural of ["invoices", "receipts"]) {
            const { created, changed } = renderResource(copy, namesOf(plural), parseFields([]));
            const migration = Object.keys(created).find((file) => file.endsWith(".sql")) ?? "";
            writeFileSync(join(copy, migration), created[migration] ?? "");
            for (const [file, text] of Object.entries(changed)) {
                writeFileSync(join(copy, file), text);
            }
        }
        const { changed } = renderResource(copy, namesOf("letters"), parseFields([]));
        const routes = changed["product-core-api/src/routes.cpp"] ?? "";
        assert.match(routes, /invoices::add_routes\(router\);.*\n.*receipts::add_routes\(router\);.*\n.*letters::add_routes/);
        assert.equal((changed["product-frontend-web/src/app/shell/destinations.ts"] ?? "").match(/Layers,/g)?.length, 1);
    } finally {
        rmSync(copy, { recursive: true });
    }
});

test("a template repeats lines for fields and blocks for lists, and leaves out what is not so", () => {
    const values = { one: "row", fields: [{ name: "a", big: true }, { name: "b", big: false }], none: [], few: true };
    assert.equal(render("x @one@;\n  @field.name@ = @one@;\nend", values, "t"), "x row;\n  a = row;\n  b = row;\nend");
    assert.equal(render("@each fields@\n@field.name@\n@if big@\nbig @field.name@\n@end@\n@end@", values, "t"), "a\nbig a\nb");
    assert.equal(render("@if few@\nfew\n@end@\n@if none@\nnone\n@end@", values, "t"), "few");
    assert.equal(render('import "@/lib"; // me@example.com $1', values, "t"), 'import "@/lib"; // me@example.com $1');
});

test("a template that asks for what does not exist is an error", () => {
    for (const template of ["@nothing@", "@field.nothing@", "@each nothing@\n@end@", "@if nothing@\n@end@", "@each fields@", "@other.name@"]) {
        assert.throws(() => render(template, { fields: [{ name: "a" }] }, "t"), /^Error: t: /);
    }
});
