/**
 * The message tables. A feature writes its English in words.ts and every other language beside it (words.de.ts), typed
 * as the English is: what is not translated does not compile. A message with values in it is a function.
 */

/** One for each table; src/app/languages has to have a translation for every name here. */
export type TableName =
    | "archive"
    | "audit"
    | "authorize"
    | "common"
    | "dashboard"
    | "items"
    | "keys"
    | "login"
    | "members"
    | "orgs"
    | "projects"
    | "proof"
    | "settings"
    | "shell"
    | "support"
    | "support-sessions";

export type Translate = (name: TableName, english: object) => object;

const tables = new Map<TableName, object>();
let translate: Translate | null = null;

/**
 * Registers a table and returns it. In another language than English its members are replaced before the first page is
 * drawn; so read them where they are shown, not while a module of the first script is loaded.
 */
export function defineWords<Words extends object>(name: TableName, english: Words): Words {
    tables.set(name, english);
    if (translate) {
        Object.assign(english, translate(name, english));
    }
    return english;
}

/** From now on every table speaks as this says: those that are there, and those of pages that are loaded later. */
export function translateWith(next: Translate): void {
    translate = next;
    for (const [name, table] of tables) {
        Object.assign(table, next(name, table));
    }
}
