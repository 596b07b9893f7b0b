/** The words of a resource, and which of them are taken. */

/** A complaint that a person can act on; everything else that is thrown is a bug. */
export class Complaint extends Error {}

export interface Names {
    /** purchase_orders: the folder, the namespace */
    plural: string;
    /** purchase_order: the table */
    singular: string;
    /** PurchaseOrder: types */
    Singular: string;
    /** PurchaseOrders: names of tests */
    Plural: string;
    /** purchaseOrder, purchaseOrders: values in TypeScript */
    one: string;
    many: string;
    /** purchase-orders: paths and files of the console */
    kebabs: string;
    kebab: string;
    /** "purchase orders", "purchase order", "a purchase order", "Purchase orders" */
    words: string;
    word: string;
    a_word: string;
    Words: string;
}

// What the C++ language reserves, and the few names of the C library that are macros.
const cppWords = `alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class
co_await co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete do
double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new
noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires return short signed
sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union
unsigned using virtual void volatile wchar_t while xor xor_eq errno stdin stdout stderr assert`;
// Key words that PostgreSQL 15 does not take as a column's name (pg_get_keywords(), catcode R and T), and system columns.
const sqlWords = `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate
collation column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from full
grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime
localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right
select session_user similar some symmetric table tablesample then to trailing true union unique user using variadic verbose
when where window with ctid xmin xmax cmin cmax tableoid`;
const scriptWords = `await break case catch class const continue debugger default delete do else enum export extends false
finally for function if implements import in instanceof interface let new null package private protected public return static
super switch this throw true try typeof var void while with yield`;
// Namespaces of the libraries, and first segments of paths that mean something else.
const ourWords = `std boost pz asio auth core crypto http pg tenancy testkit web product identity admin api assets dashboard
docs login logout me metrics redoc support token`;
const ownFields = ["id", "tenant_id", "version", "created_at", "updated_at", "changed"];

const wordsOf = (text: string) => new Set(text.split(/\s+/));
const cpp = wordsOf(cppWords);
const sql = wordsOf(sqlWords);
const script = wordsOf(scriptWords);
const ours = wordsOf(ourWords);

const snake = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1);
const pascal = (name: string) => name.split("_").map(capital).join("");

/** addresses → address, boxes → box, companies → company, invoices → invoice; nothing for what English does not say. */
export function singularOf(plural: string): string | undefined {
    for (const [ending, replacement] of [["ies", "y"], ["sses", "ss"], ["shes", "sh"], ["ches", "ch"], ["xes", "x"], ["uses", "us"]] as const) {
        if (plural.endsWith(ending) && plural.length > ending.length) {
            return plural.slice(0, -ending.length) + replacement;
        }
    }
    return /[^s]s$/.test(plural) ? plural.slice(0, -1) : undefined;
}

function requireSnake(name: string, what: string): void {
    if (!snake.test(name)) {
        throw new Complaint(`${what} is ${JSON.stringify(name)}, but names are snake_case: a-z, then a-z, 0-9 and single underscores`);
    }
}

export function namesOf(plural: string, given?: string): Names {
    requireSnake(plural, "the resource");
    const singular = given ?? singularOf(plural);
    if (singular === undefined) {
        throw new Complaint(`"${plural}" is no plural that I know: say --singular NAME (./dev new-resource people --singular person)`);
    }
    requireSnake(singular, "the singular");
    if (singular === plural) {
        throw new Complaint(`one and many are both "${plural}", so a list and its rows would have one name`);
    }
    if (plural.length > 40) {
        throw new Complaint(`"${plural}" has ${plural.length} characters; names of constraints leave room for 40`);
    }
    for (const name of [plural, singular]) {
        if (cpp.has(name) || script.has(name)) {
            throw new Complaint(`"${name}" is a word of C++ or TypeScript, so no code could use it as a name`);
        }
        if (ours.has(name)) {
            throw new Complaint(`"${name}" is taken: it names a library's namespace or a path of Phase Zero's own`);
        }
    }
    const words = plural.replaceAll("_", " ");
    const word = singular.replaceAll("_", " ");
    const Singular = pascal(singular);
    const Plural = pascal(plural);
    return {
        plural,
        singular,
        Singular,
        Plural,
        one: Singular.charAt(0).toLowerCase() + Singular.slice(1),
        many: Plural.charAt(0).toLowerCase() + Plural.slice(1),
        kebabs: plural.replaceAll("_", "-"),
        kebab: singular.replaceAll("_", "-"),
        words,
        word,
        a_word: `${/^[aeio]|^u(?!ni|se)/.test(word) ? "an" : "a"} ${word}`,
        Words: capital(words),
    };
}

export function requireFieldName(name: string): void {
    requireSnake(name, "a field");
    if (ownFields.includes(name)) {
        throw new Complaint(`every resource has "${name}" already, or it is kept for the service`);
    }
    if (cpp.has(name)) {
        throw new Complaint(`a field cannot be called "${name}", which is a word of C++`);
    }
    if (sql.has(name)) {
        throw new Complaint(`a field cannot be called "${name}", which is a word of SQL`);
    }
    if (name.length > 40) {
        throw new Complaint(`the field "${name}" has ${name.length} characters; names of constraints leave room for 40`);
    }
}

export function requireEnumerator(field: string, name: string): void {
    requireSnake(name, `a value of ${field}`);
    if (cpp.has(name)) {
        throw new Complaint(`${field} cannot have the value "${name}", which is a word of C++`);
    }
}

export const labelOf = (field: string): string => capital(field.replaceAll("_", " "));
export const typeOf = pascal;
