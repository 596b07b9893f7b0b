/**
 * The substitution in templates/resource. There are three rules, each on lines:
 *
 *   @name@                    a value, anywhere in a line or in a path
 *   @field.name@              the line is repeated for each field
 *   @each list@ … @end@       the lines between are repeated; an entry's values are @entry.name@, its list's singular
 *   @if name@ … @end@         the lines between are there if the value is true, or the list is not empty
 *
 * A name that does not exist is an error, so a template cannot rot quietly. What a list is called says what an entry is
 * called: @each enums@ has @enum.name@ within.
 */

export type Value = string | boolean;
export type Entry = Record<string, Value>;
export type Values = Record<string, Value | Entry[]>;

const placeholder = /@([a-z_]+)(?:\.([a-z_]+))?@/gi;
const opening = /^\s*@(each|if) ([a-z_]+)@$/i;
const closing = /^\s*@end@$/;

function listNamed(values: Values, name: string, where: string): Entry[] {
    const list = values[name];
    if (!Array.isArray(list)) {
        throw new Error(`${where}: there is no list ${name}`);
    }
    return list;
}

function substitute(line: string, values: Values, entries: Record<string, Entry>, where: string): string {
    return line.replace(placeholder, (_match, name: string, member?: string) => {
        const value = member === undefined ? values[name] : entries[name]?.[member];
        if (typeof value !== "string") {
            throw new Error(`${where}: there is no ${member === undefined ? name : `${name}.${member}`}`);
        }
        return value;
    });
}

/** The end of the block that opens before `from`. */
function endOf(lines: string[], from: number, where: string): number {
    for (let depth = 1, at = from; at < lines.length; ++at) {
        const line = lines[at] ?? "";
        depth += opening.test(line) ? 1 : closing.test(line) ? -1 : 0;
        if (depth === 0) {
            return at;
        }
    }
    throw new Error(`${where}: a block has no @end@`);
}

function renderLines(lines: string[], values: Values, entries: Record<string, Entry>, where: string): string[] {
    const out: string[] = [];
    for (let at = 0; at < lines.length; ++at) {
        const line = lines[at] ?? "";
        const [, kind, name] = opening.exec(line) ?? [];
        if (kind && name) {
            const end = endOf(lines, at + 1, where);
            const inner = lines.slice(at + 1, end);
            if (kind === "each") {
                for (const entry of listNamed(values, name, where)) {
                    out.push(...renderLines(inner, values, { ...entries, [name.slice(0, -1)]: entry }, where));
                }
            } else {
                const inEntry = Object.values(entries).find((entry) => name in entry);
                const value = inEntry ? inEntry[name] : values[name];
                if (value === undefined) {
                    throw new Error(`${where}: there is no ${name}`);
                }
                if (Array.isArray(value) ? value.length > 0 : Boolean(value)) {
                    out.push(...renderLines(inner, values, entries, where));
                }
            }
            at = end;
            continue;
        }
        const repeated = [...line.matchAll(placeholder)].find(([, owner, member]) => member && owner && !entries[owner]);
        const owner = repeated?.[1];
        if (owner) {
            for (const entry of listNamed(values, `${owner}s`, where)) {
                out.push(substitute(line, values, { ...entries, [owner]: entry }, where));
            }
        } else {
            out.push(substitute(line, values, entries, where));
        }
    }
    return out;
}

/** `where` names the template in errors. */
export function render(template: string, values: Values, where: string): string {
    return renderLines(template.split("\n"), values, {}, where).join("\n");
}
