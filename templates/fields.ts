/** NAME:TYPE[:LOW..HIGH][?] and what it becomes in SQL, C++, JSON and the console. */
import type { Entry } from "./render.ts";
import { Complaint, labelOf, type Names, requireEnumerator, requireFieldName, typeOf } from "./names.ts";

const kinds = ["text", "integer", "boolean", "timestamp", "uuid", "enum"] as const;
export type Kind = (typeof kinds)[number];

export interface Field {
    name: string;
    kind: Kind;
    nullable: boolean;
    /** Characters of a text, values of an integer. */
    low?: number;
    high?: number;
    values: string[];
}

/** One statement takes 32 parameters, and an update needs two for each field. */
const mostFields = 14;
/** What a title must have room for, so that people and tests can tell rows apart. */
const titleLength = 20;

const syntax = /^([^:]+):([a-z]+)(?:\(([^)]*)\))?(?::(-?\d+)\.\.(-?\d+))?(\?)?$/;

export function parseField(text: string): Field {
    const [, name, kindText, list, lowText, highText, mark] = syntax.exec(text) ?? [];
    if (name === undefined || kindText === undefined) {
        throw new Complaint(`"${text}" is no field: write NAME:TYPE, then :LOW..HIGH for a range and ? for nullable, as in note:text:0..500?`);
    }
    const kind = kinds.find((known) => known === kindText);
    if (kind === undefined) {
        throw new Complaint(`"${text}" has the type ${kindText}; there are text, integer, boolean, timestamp, uuid and enum(a|b|c)`);
    }
    requireFieldName(name);
    const nullable = mark === "?";
    const field: Field = { name, kind, nullable, values: [] };

    if (kind === "enum") {
        field.values = (list ?? "").split("|").filter((value) => value !== "");
        if (field.values.length < 2 || field.values.length > 32 || new Set(field.values).size !== field.values.length) {
            throw new Complaint(`${name} needs 2 to 32 different values, quoted for the shell: '${name}:enum(draft|sent|paid)'`);
        }
        for (const value of field.values) {
            requireEnumerator(name, value);
        }
        if (["create", "update", "query", "page"].includes(name)) {
            throw new Complaint(`an enum cannot be called "${name}": its type would have the name of another`);
        }
    } else if (list !== undefined) {
        throw new Complaint(`"${text}": only an enum has values in parentheses`);
    }

    const ranged = lowText !== undefined && highText !== undefined;
    if (ranged && kind !== "text" && kind !== "integer") {
        throw new Complaint(`"${text}": only text (its length) and integer (its value) have a range`);
    }
    if (kind === "text") {
        field.low = ranged ? Number(lowText) : nullable ? 0 : 1;
        field.high = ranged ? Number(highText) : nullable ? 2000 : 200;
        if (field.low < 0 || field.high < 1 || field.low > field.high || field.high > 10_000) {
            throw new Complaint(`"${text}": a text has 0 to 10000 characters, and its range goes upwards`);
        }
    } else if (ranged) {
        field.low = Number(lowText);
        field.high = Number(highText);
        if (field.low >= field.high || Math.max(Math.abs(field.low), Math.abs(field.high)) > Number.MAX_SAFE_INTEGER) {
            throw new Complaint(`"${text}": a range goes upwards, within the 53 bits that JSON numbers keep exactly`);
        }
    }
    return field;
}

export function parseFields(texts: string[]): Field[] {
    const fields = (texts.length > 0 ? texts : ["name:text", "description:text?"]).map(parseField);
    const twice = fields.find(({ name }, at) => fields.findIndex((other) => other.name === name) !== at);
    if (twice) {
        throw new Complaint(`there are two fields called "${twice.name}"`);
    }
    if (fields.length > mostFields) {
        throw new Complaint(`${fields.length} fields are too many to begin with: up to ${mostFields} fit one statement`);
    }
    if (!titleOf(fields)) {
        throw new Complaint(`one field must tell people which row is which: add a text that is never empty and has room for ${titleLength} characters, as in name:text`);
    }
    return fields;
}

/** The field that people know a row by: the first text that is never null nor empty. */
export function titleOf(fields: Field[]): Field | undefined {
    const fits = ({ low = 0, high = 0 }: Field) => low >= 1 && low <= 4 && high >= titleLength;
    return fields.find((field) => field.kind === "text" && !field.nullable && fits(field));
}

const enumName = (names: Names, field: Field) => names.Singular + typeOf(field.name);
const quoted = (text: string) => JSON.stringify(text);

function sqlCheck({ name, kind, low, high, values }: Field): string {
    if (kind === "text") {
        const bound = low === 0 ? `<= ${high}` : `between ${low} and ${high}`;
        return ` check (char_length(${name}) ${bound})`;
    }
    if (kind === "integer" && low !== undefined) {
        return ` check (${name} between ${low} and ${high})`;
    }
    return kind === "enum" ? ` check (${name} in (${values.map((value) => `'${value}'`).join(", ")}))` : "";
}

const sqlTypes: Record<Kind, string> = {
    text: "text",
    integer: "bigint",
    boolean: "boolean",
    timestamp: "timestamptz",
    uuid: "uuid",
    enum: "text",
};
const cppTypes: Record<Exclude<Kind, "enum">, string> = {
    text: "std::string",
    integer: "std::int64_t",
    boolean: "bool",
    timestamp: "core::Timestamp",
    uuid: "core::Uuid",
};

/** A text of a length that the field takes, beginning like `text` where that fits. */
function fitted({ low = 0, high = 0 }: Field, text: string): string {
    return text.slice(0, high).padEnd(low, ".");
}

/** Two good values that differ, as JSON. */
function goodValues(field: Field): [string, string] {
    const middle = Math.max(field.low ?? 0, Math.min(4711, field.high ?? 4711));
    switch (field.kind) {
        case "text":
            return [quoted(fitted(field, "First")), quoted(fitted(field, "Second"))];
        case "integer":
            return [String(middle), String(middle === field.high ? middle - 1 : middle + 1)];
        case "boolean":
            return ["false", "true"];
        case "timestamp":
            return [quoted("2026-01-31T12:00:00.000000Z"), quoted("2026-02-28T08:30:00.000000Z")];
        case "uuid":
            return [quoted("0197c0de-0000-7000-a000-000000000001"), quoted("0197c0de-0000-7000-a000-000000000002")];
        case "enum":
            return [quoted(field.values[0] ?? ""), quoted(field.values[1] ?? "")];
    }
}

/** The demo's value in row n of 1 to 12, as SQL; nullable fields are empty in every third row. */
function seedOf(field: Field, names: Names, title: Field): string {
    const { kind, nullable, high = 0, values } = field;
    const literal = (text: string) => `'${text}'`;
    const [good] = goodValues(field);
    const room = high - " 12".length;
    const titled = names.word.length <= room ? names.word : "No.";
    const texts: Record<Kind, () => string> = {
        text: () =>
            field === title ? `${literal(`${titled.charAt(0).toUpperCase()}${titled.slice(1)} `)} || lpad(n::text, 2, '0')` : literal(fitted(field, "Made by the demo")),
        integer: () => `${good} + n % ${field.high === undefined ? 12 : Math.min(12, high - Number(good) + 1)}`,
        boolean: () => "n % 2 = 0",
        timestamp: () => "timestamptz '2026-02-01 12:00:00+00' + n * interval '1 day'",
        uuid: () => "('0197c0de-0000-7000-a000-' || lpad(to_hex(n), 12, '0'))::uuid",
        enum: () => `(array[${values.map(literal).join(", ")}])[n % ${values.length} + 1]`,
    };
    const value = texts[kind]();
    return nullable ? `case when n % 3 > 0 then ${value} end` : value;
}

/** Values that the field refuses, as C++ expressions. */
function badValues(field: Field): string[] {
    const bad: Record<Kind, string[]> = {
        text: [...(field.low ? ['""'] : []), `std::string(${(field.high ?? 0) + 1}, 'a')`, "7"],
        integer: ['"7"', "7.5", ...(field.low === undefined ? [] : [`${field.low - 1}`, `${(field.high ?? 0) + 1}`])],
        boolean: ['"yes"'],
        timestamp: ['"soon"'],
        uuid: ['"1"'],
        enum: ['"no_such_value"'],
    };
    return [...(field.nullable ? [] : ["nullptr"]), ...bad[field.kind]];
}

function zodOf({ name, kind, nullable, low = 0, high = 0, ...field }: Field): string {
    const required = quoted(`${labelOf(name)} is required.`);
    switch (kind) {
        case "text": {
            const present = nullable || low === 0 ? "" : `.min(1, ${required})`;
            const least = nullable || low < 2 ? "" : `.min(${low}, ${quoted(`At least ${low} characters.`)})`;
            return `z.string().trim()${present}${least}.max(${high}, ${quoted(`At most ${high.toLocaleString("en")} characters.`)})`;
        }
        case "integer": {
            const rules = [...(nullable ? ["optional: true"] : []), ...(high > low ? [`low: ${low}`, `high: ${high}`] : [])];
            return `wholeNumber(${rules.length > 0 ? `{ ${rules.join(", ")} }` : ""})`;
        }
        case "boolean":
            return nullable ? 'z.enum(["", "true", "false"])' : 'z.enum(["true", "false"])';
        case "timestamp":
            return nullable ? "z.string()" : `z.string().min(1, ${required})`;
        case "uuid":
            return nullable ? 'z.union([z.literal(""), z.uuid("Not an identifier.")])' : 'z.uuid("Not an identifier.")';
        case "enum":
            return `z.enum([${[...(nullable ? [""] : []), ...field.values].map(quoted).join(", ")}])`;
    }
}

interface Conversions {
    to_body: string;
    from_row: string;
    initial: string;
}

/** From the form's texts to the API's values, and back. */
function conversions({ name, kind, nullable, values }: Field, one: string): Conversions {
    const row = `${one}.${name}`;
    const text = `values.${name}`;
    const initial = quoted(nullable ? "" : kind === "boolean" ? "false" : (values[0] ?? ""));
    if (kind === "text" || kind === "uuid" || kind === "enum") {
        return nullable ? { to_body: `${text} || null`, from_row: `${row} ?? ""`, initial } : { to_body: text, from_row: row, initial };
    }
    const [to_body, from_row] = {
        integer: [`Number(${text})`, `String(${row})`],
        boolean: [`${text} === "true"`, `String(${row}) as "true" | "false"`],
        timestamp: [`fromLocalInput(${text})`, `toLocalInput(${row})`],
    }[kind] as [string, string];
    return nullable
        ? { to_body: `${text} ? ${to_body} : null`, from_row: `${row} === null ? "" : ${from_row}`, initial }
        : { to_body, from_row, initial };
}

function shown({ name, kind, nullable }: Field, one: string): string {
    const row = `${one}.${name}`;
    const text: Record<Kind, string> = {
        text: row,
        integer: `formatCount(${row})`,
        boolean: `${row} ? "Yes" : "No"`,
        timestamp: `formatDateTime(${row})`,
        uuid: row,
        enum: `inWords(${row})`,
    };
    return nullable ? `${row} === null ? null : ${text[kind]}` : text[kind];
}

const isLong = ({ kind, high }: Field) => kind === "text" && (high ?? 0) > 200;

/** How a browser test enters a value, which is JSON or the name of a constant. */
function fillOf({ kind }: Field, value: string): string {
    switch (kind) {
        case "boolean":
            return `selectOption(${quoted(value)})`;
        case "enum":
            return `selectOption(${value})`;
        case "integer":
            return `fill(${quoted(value)})`;
        case "timestamp":
            return `fill(${value.replace(".000000Z", "")})`;
        case "text":
        case "uuid":
            return `fill(${value})`;
    }
}

/** Everything the templates say about one field. */
export function describeField(field: Field, names: Names, title: Field): Entry {
    const { name, kind, nullable } = field;
    const plain = kind === "enum" ? enumName(names, field) : cppTypes[kind];
    const cpp = nullable ? `std::optional<${plain}>` : plain;
    const rule =
        kind === "text" ? `length(${field.low}, ${field.high})` : field.low !== undefined ? `range(${field.low}, ${field.high})` : "";
    const [good, other] = goodValues(field);
    return {
        name,
        label: labelOf(name),
        nullable,
        is_text: kind === "text" && !isLong(field),
        is_long_text: isLong(field),
        is_integer: kind === "integer",
        is_boolean: kind === "boolean",
        is_timestamp: kind === "timestamp",
        is_uuid: kind === "uuid",
        is_enum: kind === "enum",
        is_choice: kind === "boolean" || kind === "enum",
        options: field.values.map(quoted).join(", "),
        seed: seedOf(field, names, title),
        sql: sqlTypes[kind] + (nullable ? "" : " not null") + sqlCheck(field),
        cpp,
        change: `core::Change<${cpp}>`,
        // What would else be indeterminate has a value even before it is read.
        init: nullable ? "" : ({ boolean: " = false", integer: " = 0", enum: "{}" } as Partial<Record<Kind, string>>)[kind] ?? "",
        described: rule ? `(${name}, ${rule})` : name,
        good,
        other,
        fill: fillOf(field, field === title ? "title" : good),
        bad: badValues(field).join(", "),
        optional: nullable ? " optional" : "",
        zod: zodOf(field),
        shown: shown(field, names.one),
        ...conversions(field, names.one),
    };
}

export function describeEnum(field: Field, names: Names): Entry {
    return {
        name: enumName(names, field),
        values: field.values.join(", "),
    };
}
