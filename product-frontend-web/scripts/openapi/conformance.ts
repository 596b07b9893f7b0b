/** Whether what a service answered is what its document says. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { type Document, escapeToken, type Operation, resolve } from "./documents.ts";

/** One line of the file that the tests write: libs/testkit/src/exchange_log.cpp and tests/e2e/recorder.ts. */
export interface Exchange {
    service: string;
    method: string;
    /** The path, with the names of its query. */
    target: string;
    request: { body?: unknown };
    /** `body` is there if the body was JSON; header names are in lower case. */
    response: { status: number; headers: Record<string, string>; size: number; body?: unknown };
}

/** An answer that a document describes, and what was wrong with the ones that came. */
export interface Answer {
    service: string;
    operation: string;
    status: string;
    count: number;
    /** Each complaint once, with the number of answers that earned it. */
    complaints: Map<string, number>;
}

/** What a service serves beside its API. */
const undocumented = /^\/(metrics|openapi\.json|docs|docs\/[^/]*|redoc)$/;
const problemType = "application/problem+json";

interface Route {
    path: string;
    segments: string[];
    operations: Record<string, Operation>;
}

export class Conformance {
    readonly #services = new Map<string, Description>();
    readonly #answers = new Map<string, Answer>();

    constructor(documents: Record<string, Document>) {
        for (const [service, document] of Object.entries(documents)) {
            this.#services.set(service, new Description(document));
        }
    }

    /** Checks one exchange. */
    add(exchange: Exchange): void {
        const service = this.#services.get(exchange.service);
        const path = exchange.target.split("?")[0] ?? "";
        if (!service || undocumented.test(path) || isPreflight(exchange)) {
            return;
        }
        const status = String(exchange.response.status);
        const route = service.find(path);
        const operation = route?.operations[methodOf(exchange)];
        if (route && operation) {
            const name = `${methodOf(exchange).toUpperCase()} ${route.path}`;
            this.#record(exchange.service, name, status, service.check(exchange, route.path, operation));
        } else {
            const complaints = service.checkRefusal(exchange, route ? "405" : "404");
            this.#record(exchange.service, route ? "(a method that the path has not)" : "(no such path)", status, complaints);
        }
    }

    /** Every answer seen. */
    answers(): Answer[] {
        return [...this.#answers.values()];
    }

    /** Documented answers that no test brought about. */
    unseen(): string[] {
        const all: string[] = [];
        for (const [service, { document }] of this.#services) {
            for (const [path, operations] of Object.entries(document.paths)) {
                for (const [method, { responses }] of Object.entries(operations)) {
                    const operation = `${method.toUpperCase()} ${path}`;
                    const statuses = Object.keys(responses);
                    all.push(...statuses.map((status) => `${service} ${operation} ${status}`));
                }
            }
        }
        const seen = new Set(this.answers().map(({ service, operation, status }) => `${service} ${operation} ${status}`));
        return all.filter((one) => !seen.has(one));
    }

    #record(service: string, operation: string, status: string, complaints: string[]): void {
        const key = `${service} ${operation} ${status}`;
        let answer = this.#answers.get(key);
        if (!answer) {
            answer = { service, operation, status, count: 0, complaints: new Map() };
            this.#answers.set(key, answer);
        }
        answer.count += 1;
        for (const complaint of complaints) {
            answer.complaints.set(complaint, (answer.complaints.get(complaint) ?? 0) + 1);
        }
    }
}

/** A browser's question before another origin's request (CORS): about an operation, but none itself. */
function isPreflight({ method, response }: Exchange): boolean {
    return method === "OPTIONS" && "access-control-allow-methods" in response.headers;
}

/** A HEAD is a GET whose body stays behind. */
function methodOf({ method }: Exchange): string {
    return method === "HEAD" ? "get" : method.toLowerCase();
}

class Description {
    readonly document: Document;
    readonly #routes: Route[];
    // The document as a whole is no schema: its own words must not stop the compiler of those within.
    readonly #ajv = new Ajv2020({ strict: false, allErrors: true });

    constructor(document: Document) {
        this.document = document;
        this.#routes = Object.entries(document.paths).map(([path, operations]) => ({
            path,
            segments: path.split("/"),
            operations,
        }));
        addFormats.default(this.#ajv);
        this.#ajv.addSchema(document, "document");
    }

    /** Words before parameters, as the router matches. */
    find(path: string): Route | undefined {
        const segments = path.split("/");
        const fits = ({ segments: pattern }: Route) =>
            pattern.length === segments.length &&
            pattern.every((part, at) => part === segments[at] || (part.startsWith("{") && segments[at] !== ""));
        const parameters = ({ segments: pattern }: Route) => pattern.filter((part) => part.startsWith("{")).length;
        return this.#routes.filter(fits).toSorted((one, other) => parameters(one) - parameters(other))[0];
    }

    check(exchange: Exchange, path: string, operation: Operation): string[] {
        const { response } = exchange;
        const status = String(response.status);
        const reference = operation.responses[status];
        if (!reference) {
            return [`${status} is not documented`];
        }
        const described = resolve(this.document, reference);
        const complaints: string[] = [];
        for (const [name, header] of Object.entries(described.headers ?? {})) {
            if (resolve(this.document, header).required && !(name.toLowerCase() in response.headers)) {
                complaints.push(`the header ${name} is missing`);
            }
        }
        const pointer = reference.$ref ?? this.#pointer(path, methodOf(exchange), "responses", status);
        const schemaOf = (type: string) => `${pointer}/content/${escapeToken(type)}/schema`;
        complaints.push(...this.#checkBody(exchange, Object.keys(described.content ?? {}), schemaOf));
        if (response.status < 300) {
            complaints.push(...this.#checkRequest(exchange, path, operation));
        }
        return complaints;
    }

    /** What is no operation is refused with a problem, and with nothing else. */
    checkRefusal(exchange: Exchange, expected: "404" | "405"): string[] {
        const complaints = this.#checkBody(exchange, [problemType], () => "#/components/schemas/Problem");
        if (String(exchange.response.status) !== expected) {
            complaints.push(`expected ${expected}, because the document does not know ${exchange.method} ${exchange.target}`);
        }
        return complaints;
    }

    #checkBody({ method, response }: Exchange, types: string[], schemaOf: (type: string) => string): string[] {
        const type = (response.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
        if (types.length === 0) {
            return response.size > 0 ? [`a body of ${response.size} bytes, but none is documented`] : [];
        }
        if (!types.includes(type)) {
            return [`the content type is "${type}", but documented is ${types.join(" or ")}`];
        }
        if (method === "HEAD") {
            return response.size > 0 ? ["a body in an answer to HEAD"] : [];
        }
        if (!/[/+]json$/.test(type)) {
            return []; // a table, or lines: the document says no more of it
        }
        if (!("body" in response)) {
            return ["the body is not JSON"];
        }
        return this.#validate(schemaOf(type), "body", response.body);
    }

    /** A request that was accepted must be one that the document allows. */
    #checkRequest(exchange: Exchange, path: string, operation: Operation): string[] {
        const query = [...new URLSearchParams(exchange.target.split("?")[1] ?? "").keys()];
        const parameters = (operation.parameters ?? []).filter((parameter) => parameter.in === "query");
        const known = new Set(parameters.map(({ name }) => name));
        const complaints = query
            .filter((name) => !known.has(name))
            .map((name) => `accepted the query parameter ${name}, which is not documented`);
        if (exchange.request.body !== undefined && operation.requestBody?.content?.["application/json"]) {
            const pointer = this.#pointer(path, methodOf(exchange), "requestBody", "content", "application/json", "schema");
            complaints.push(...this.#validate(pointer, "accepted a request whose body", exchange.request.body));
        }
        return complaints;
    }

    #pointer(...tokens: string[]): string {
        return ["#/paths", ...tokens.map(escapeToken)].join("/");
    }

    #validate(pointer: string, what: string, value: unknown): string[] {
        const validate = this.#ajv.getSchema(`document${pointer}`) as ValidateFunction | undefined;
        if (!validate) {
            return [`there is no schema at ${pointer}`];
        }
        validate(value);
        return (validate.errors ?? []).map(({ instancePath, message, params, schemaPath }) => {
            const detail = Object.values(params).join(", ");
            return `${what} ${instancePath.replaceAll(/\/\d+/g, "/*")} ${message} (${detail}; ${schemaPath} at ${pointer})`;
        });
    }
}
