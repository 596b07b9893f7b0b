import { common } from "../language/common";
import { language } from "../language/language";

/** What every failed call throws: RFC 9457 problem documents, RFC 6749 token errors and "no answer at all" in one shape. */

export interface FieldProblem {
    /** Where in the request, for example `body.title`. */
    loc: string;
    msg: string;
    code: string;
}

export interface ProblemInit {
    /** HTTP status; 0 when no answer came. */
    status: number;
    code: string;
    title: string;
    detail?: string | undefined;
    requestId?: string | undefined;
    fields?: FieldProblem[] | undefined;
    /** No sooner than this, on the performance.now() clock: what Retry-After asked for. */
    retryAt?: number | undefined;
    /** What the second step of signing in is asked with. */
    mfaToken?: string | undefined;
}

export class ApiProblem extends Error {
    override readonly name = "ApiProblem";
    readonly status: number;
    readonly code: string;
    readonly title: string;
    readonly detail: string | undefined;
    readonly requestId: string | undefined;
    readonly fields: FieldProblem[];
    readonly retryAt: number | undefined;
    readonly mfaToken: string | undefined;

    constructor(init: ProblemInit) {
        super(init.title);
        this.status = init.status;
        this.code = init.code;
        this.title = init.title;
        this.detail = init.detail;
        this.requestId = init.requestId;
        this.fields = init.fields ?? [];
        this.retryAt = init.retryAt;
        this.mfaToken = init.mfaToken;
    }

    /** Worth trying again as it is: the request was not wrong, the moment was. */
    get temporary(): boolean {
        return this.status === 0 || this.status === 429 || this.status >= 500;
    }
}

export function unreachable(): ApiProblem {
    return new ApiProblem({
        status: 0,
        code: "unreachable",
        title: common.problems.unreachable,
        detail: common.checkConnection,
    });
}

/** Anything thrown, as an ApiProblem, so that pages handle one type. */
export function asProblem(error: unknown): ApiProblem {
    if (error instanceof ApiProblem) {
        return error;
    }
    return new ApiProblem({
        status: 0,
        code: "unexpected",
        title: common.problems.unexpected,
        detail: error instanceof Error ? error.message : undefined,
    });
}

/** In the console's words where it has some for the code; the services speak English and to programs. */
function titleOf(code: string | undefined, status: number, said: string | undefined): string {
    const byCode: Record<string, string> = common.problems;
    const byStatus: Record<number, string> = common.statusProblems;
    return byCode[code ?? ""] ?? said ?? byStatus[status] ?? common.otherProblem;
}

/** The service's own sentence. Beside words of another language it is worth showing only where it alone says what is wrong. */
function detailOf(code: string | undefined, said: string | undefined): string | undefined {
    return language === "en" || code === "conflict" || !Object.hasOwn(common.problems, code ?? "") ? said : undefined;
}

function text(value: unknown): string | undefined {
    return typeof value === "string" && value !== "" ? value : undefined;
}

function fieldProblems(value: unknown): FieldProblem[] {
    if (!Array.isArray(value)) {
        return [];
    }
    return value.flatMap((entry: unknown) => {
        const field = (entry ?? {}) as Record<string, unknown>;
        const loc = text(field.loc);
        const msg = text(field.msg);
        const code = text(field.code) ?? "invalid";
        return loc && msg ? [{ loc, msg: common.fields[code] ?? msg, code }] : [];
    });
}

/** Retry-After is either seconds or a date (RFC 9110, 10.2.3). */
export function retryAfterSeconds(header: string | null, now: number = Date.now()): number | undefined {
    if (!header) {
        return undefined;
    }
    if (/^\d{1,9}$/.test(header.trim())) {
        return Number(header.trim());
    }
    const at = Date.parse(header);
    return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now) / 1000));
}

export async function problemFrom(response: Response): Promise<ApiProblem> {
    let body: Record<string, unknown> = {};
    try {
        const parsed: unknown = JSON.parse(await response.text());
        if (parsed !== null && typeof parsed === "object") {
            body = parsed as Record<string, unknown>;
        }
    } catch {
        // A proxy's HTML page or an empty body: status and headers still say enough.
    }
    const wait = retryAfterSeconds(response.headers.get("Retry-After"));
    const code = text(body.code) ?? text(body.error);
    return new ApiProblem({
        status: response.status,
        code: code ?? `http_${response.status}`,
        title: titleOf(code, response.status, text(body.title)),
        detail: detailOf(code, text(body.detail) ?? text(body.error_description)),
        requestId: text(body.request_id) ?? response.headers.get("X-Request-Id") ?? undefined,
        fields: fieldProblems(body.errors),
        retryAt: wait === undefined ? undefined : performance.now() + wait * 1000,
        mfaToken: text(body.mfa_token),
    });
}
