import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { common } from "../language/common";
import { asProblem } from "./problem";

/** "must not be empty" → "Must not be empty." */
function asSentence(text: string): string {
    return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/**
 * Puts the server's 422 beside the fields they are about (`body.title` → `title`), and the rest on top of the form.
 * A refusal that says when to try again leaves that moment in the type of the form's error, for FormFailure to count down.
 * `words` says by the error's code what the server says too generally for this form, or in another language.
 */
export function showFieldProblems<Values extends FieldValues>(
    error: unknown,
    form: UseFormReturn<Values>,
    words: Partial<Record<string, string>> = {},
): void {
    const problem = asProblem(error);
    const known = new Set(Object.keys(form.getValues()));
    const elsewhere: string[] = [];
    for (const { loc, msg, code } of problem.fields) {
        const name = loc.replace(/^body\./, "");
        if (known.has(name)) {
            form.setError(name as Path<Values>, { message: words[code] ?? asSentence(msg) }, { shouldFocus: true });
        } else {
            elsewhere.push(words[code] ?? asSentence(`${name}: ${msg}`));
        }
    }
    if (problem.fields.length === 0 || elsewhere.length > 0) {
        const reference = problem.requestId && problem.status >= 500 ? ` ${common.requestReference(problem.requestId)}` : "";
        const whole = problem.status === 0 ? `${asSentence(problem.title)} ${problem.detail ?? ""}` : (problem.detail ?? asSentence(problem.title));
        form.setError("root", {
            message: (elsewhere.join(" ") || whole.trim()) + reference,
            ...(problem.retryAt === undefined ? {} : { type: String(problem.retryAt) }),
        });
    }
}
