/**
 * What changed between two documents of one API, and whether it breaks a client that was written against the first. A request
 * may come to accept more, an answer may come to say more; everything else breaks somebody.
 */
import { type Content, type Document, type Operation, type Parameter, resolve, type Response, type Schema } from "./documents.ts";

export interface Change {
    /** "GET /api/v1/items/{id}", or a component that several operations share: "Item". */
    where: string;
    text: string;
    breaking: boolean;
}

const limits = [
    { keyword: "minLength", tighter: (before: number, now: number) => now > before },
    { keyword: "minimum", tighter: (before: number, now: number) => now > before },
    { keyword: "minItems", tighter: (before: number, now: number) => now > before },
    { keyword: "maxLength", tighter: (before: number, now: number) => now < before },
    { keyword: "maximum", tighter: (before: number, now: number) => now < before },
    { keyword: "maxItems", tighter: (before: number, now: number) => now < before },
];

type Side = "request" | "response";
type Reference = { $ref?: string };

/** What an impersonated request may do, from least to most. */
const impersonation = ["deny", "rw", "ro"];

const without = <T>(all: T[], some: T[]): T[] => all.filter((one) => !some.includes(one));
const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

function operationsOf(document: Document): Map<string, Operation> {
    return new Map(
        Object.entries(document.paths).flatMap(([path, methods]) =>
            Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const),
        ),
    );
}

function parametersOf({ parameters = [] }: Operation): Map<string, Parameter> {
    return new Map(parameters.map((parameter) => [`${parameter.in} parameter ${parameter.name}`, parameter]));
}

export function compare(before: Document, now: Document): Change[] {
    const changes: Change[] = [];
    const old = operationsOf(before);
    const current = operationsOf(now);
    for (const where of old.keys()) {
        if (!current.has(where)) {
            changes.push({ where, text: "is gone", breaking: true });
        }
    }
    const report = { before, now, changes, compared: new Set<string>() };
    for (const [where, description] of current) {
        const former = old.get(where);
        if (former) {
            new Comparison(where, report).operations(former, description);
        } else {
            changes.push({ where, text: "is new", breaking: false });
        }
    }
    return changes;
}

interface Report {
    before: Document;
    now: Document;
    changes: Change[];
    /** Components that were compared already, as what is sent or as what is answered. */
    compared: Set<string>;
}

class Comparison {
    readonly #where: string;
    readonly #report: Report;

    constructor(where: string, report: Report) {
        this.#where = where;
        this.#report = report;
    }

    operations(before: Operation, now: Operation): void {
        if (before.operationId !== now.operationId) {
            this.#breaks(`its operationId was ${before.operationId} and is ${now.operationId}`);
        }
        this.#access(before, now);
        this.#parameters(before, now);
        this.#requestBody(before, now);
        this.#responses(before, now);
    }

    #access(before: Operation, now: Operation): void {
        if (!before.security?.length && now.security?.length) {
            this.#breaks("needs a token now");
        } else if (before.security?.length && !now.security?.length) {
            this.#extends("needs no token any more");
        }
        const [oldRoles, roles] = [before["x-roles"] ?? [], now["x-roles"] ?? []];
        if (roles.length > 0) {
            without(oldRoles, roles).forEach((role) => this.#breaks(`refuses the role ${role}`));
        }
        without(roles, oldRoles).forEach((role) => this.#extends(`admits the role ${role}`));
        const [oldRule, rule] = [before["x-impersonation"] ?? "deny", now["x-impersonation"] ?? "deny"];
        if (oldRule !== rule) {
            const text = `its impersonation rule was ${oldRule} and is ${rule}`;
            this.#record(text, impersonation.indexOf(rule) < impersonation.indexOf(oldRule));
        }
    }

    #parameters(before: Operation, now: Operation): void {
        const [old, current] = [parametersOf(before), parametersOf(now)];
        for (const name of old.keys()) {
            if (!current.has(name)) {
                this.#breaks(`${name} is gone`);
            }
        }
        for (const [name, parameter] of current) {
            const former = old.get(name);
            if (!former) {
                this.#record(`${name} is new${parameter.required ? " and required" : ""}`, parameter.required === true);
                continue;
            }
            this.#required(name, former.required, parameter.required);
            this.#schemas("request", name, former.schema ?? {}, parameter.schema ?? {});
        }
    }

    #requestBody(before: Operation, now: Operation): void {
        if (!before.requestBody && now.requestBody) {
            this.#record("takes a body", now.requestBody.required === true);
        } else if (before.requestBody && !now.requestBody) {
            this.#breaks("takes no body any more");
        } else if (before.requestBody && now.requestBody) {
            this.#required("body", before.requestBody.required, now.requestBody.required);
            this.#contents("request", "body", before.requestBody.content, now.requestBody.content);
        }
    }

    #responses(before: Operation, now: Operation): void {
        for (const status of without(Object.keys(before.responses), Object.keys(now.responses))) {
            this.#breaks(`does not answer ${status} any more`);
        }
        for (const [status, reference] of Object.entries(now.responses)) {
            const formerReference = before.responses[status];
            if (!formerReference) {
                this.#record(`may answer ${status}`, status < "300");
                continue;
            }
            const shared = (component: Comparison) => component.#response("answer", formerReference, reference);
            if (!this.#isShared("response", formerReference, reference, shared)) {
                this.#response(status, formerReference, reference);
            }
        }
    }

    #response(at: string, formerReference: Response, reference: Response): void {
        const { before, now } = this.#report;
        const former = resolve(before, formerReference);
        const response = resolve(now, reference);
        for (const [name, formerHeader] of Object.entries(former.headers ?? {})) {
            const header = response.headers?.[name];
            if (!header) {
                this.#breaks(`${at} has no header ${name} any more`);
            } else if (resolve(before, formerHeader).required && !resolve(now, header).required) {
                this.#breaks(`${at} may lack the header ${name}`);
            }
        }
        for (const name of without(Object.keys(response.headers ?? {}), Object.keys(former.headers ?? {}))) {
            this.#extends(`${at} has a header ${name}`);
        }
        this.#contents("response", at, former.content, response.content);
    }

    #contents(side: Side, at: string, before: Content = {}, now: Content = {}): void {
        for (const type of without(Object.keys(before), Object.keys(now))) {
            this.#breaks(`${at} is not ${type} any more`);
        }
        for (const [type, { schema = {} }] of Object.entries(now)) {
            if (before[type]) {
                this.#schemas(side, at, before[type].schema ?? {}, schema);
            } else {
                this.#extends(`${at} may be ${type}`);
            }
        }
    }

    #schemas(side: Side, at: string, before: Schema, now: Schema): void {
        const shared = (component: Comparison) => component.#resolved(side, side === "request" ? "input" : "answer", before, now);
        if (!this.#isShared(side, before, now, shared)) {
            this.#resolved(side, at, before, now);
        }
    }

    /** A component is compared once, under its own name: everybody refers to it. That it contains itself does no harm. */
    #isShared(side: Side, before: Reference, now: Reference, compareOnce: (component: Comparison) => void): boolean {
        if (!now.$ref || before.$ref !== now.$ref) {
            return false;
        }
        const key = `${side} ${now.$ref}`;
        if (!this.#report.compared.has(key)) {
            this.#report.compared.add(key);
            const name = now.$ref.split("/").at(-1) ?? "";
            compareOnce(new Comparison(name, this.#report));
        }
        return true;
    }

    #resolved(side: Side, at: string, beforeReference: Schema, nowReference: Schema): void {
        const before = resolve(this.#report.before, beforeReference);
        const now = resolve(this.#report.now, nowReference);
        const [old, current] = [alternatives(before), alternatives(now)];
        if (old.nullable !== current.nullable) {
            const text = `${at} ${current.nullable ? "may be null" : "may not be null"}`;
            this.#record(text, current.nullable === (side === "response"));
        }
        if (old.schemas.length !== 1 || current.schemas.length !== 1) {
            if (!same(old.schemas, current.schemas)) {
                this.#breaks(`${at} has other alternatives`);
            }
            return;
        }
        // A nullable reference hides one level deeper.
        const [one, other] = [old.schemas[0] as Schema, current.schemas[0] as Schema];
        if (one !== before || other !== now) {
            this.#schemas(side, at, one, other);
            return;
        }
        for (const keyword of ["type", "format", "pattern", "allOf", "oneOf"]) {
            if (!same(before[keyword], now[keyword])) {
                this.#breaks(`${at}: ${keyword} was ${JSON.stringify(before[keyword])} and is ${JSON.stringify(now[keyword])}`);
            }
        }
        this.#values(side, at, before, now);
        for (const { keyword, tighter } of limits) {
            const [from, to] = [before[keyword] as number | undefined, now[keyword] as number | undefined];
            if (from !== to) {
                const narrowed = to !== undefined && (from === undefined || tighter(from, to));
                this.#limit(side, `${at} ${keyword} was ${from} and is ${to}`, narrowed);
            }
        }
        this.#properties(side, at, before, now);
        if (before.items && now.items) {
            this.#schemas(side, `${at}[]`, before.items, now.items);
        }
    }

    #values(side: Side, at: string, before: Schema, now: Schema): void {
        if (!before.enum || !now.enum) {
            if (before.enum || now.enum) {
                const text = `${at} ${now.enum ? "is one of a list now" : "is free now"}`;
                this.#limit(side, text, now.enum !== undefined);
            }
            return;
        }
        for (const value of without(before.enum, now.enum)) {
            this.#limit(side, `${at} is never ${JSON.stringify(value)} any more`, true);
        }
        // Clients are told to expect words they do not know.
        without(now.enum, before.enum).forEach((value) => this.#extends(`${at} may be ${JSON.stringify(value)}`));
    }

    #properties(side: Side, at: string, before: Schema, now: Schema): void {
        const [old, current] = [before.properties ?? {}, now.properties ?? {}];
        for (const name of without(Object.keys(old), Object.keys(current))) {
            this.#breaks(`${at}.${name} is gone`);
        }
        for (const [name, schema] of Object.entries(current)) {
            const required = now.required?.includes(name) ?? false;
            const former = old[name];
            if (!former) {
                this.#record(`${at}.${name} is new${required ? " and required" : ""}`, side === "request" && required);
                continue;
            }
            const wasRequired = before.required?.includes(name) ?? false;
            if (side === "request") {
                this.#required(`${at}.${name}`, wasRequired, required);
            } else if (wasRequired !== required) {
                this.#record(`${at}.${name} ${required ? "is always there" : "may be absent"}`, wasRequired);
            }
            this.#schemas(side, `${at}.${name}`, former, schema);
        }
        if (side === "request" && before.additionalProperties !== false && now.additionalProperties === false) {
            this.#breaks(`${at} refuses unknown members`);
        }
    }

    #required(what: string, before = false, now = false): void {
        if (before !== now) {
            this.#record(`${what} is ${now ? "required" : "optional"} now`, now);
        }
    }

    /** A narrower limit breaks who sends; another limit of what is answered breaks nobody who reads. */
    #limit(side: Side, text: string, narrowed: boolean): void {
        this.#record(text, side === "request" && narrowed);
    }

    #breaks(text: string): void {
        this.#record(text, true);
    }

    #extends(text: string): void {
        this.#record(text, false);
    }

    #record(text: string, breaking: boolean): void {
        this.#report.changes.push({ where: this.#where, text, breaking });
    }
}

/** anyOf as our documents write it: something, or null. */
function alternatives(schema: Schema): { nullable: boolean; schemas: Schema[] } {
    if (!schema.anyOf) {
        return { nullable: false, schemas: [schema] };
    }
    const schemas = schema.anyOf.filter((one) => one.type !== "null");
    return { nullable: schemas.length < schema.anyOf.length, schemas };
}
