import type { FieldValues, Path, UseFormReturn } from "react-hook-form";
import { common } from "../language/common";
import { asProblem } from "./problem";

/** Puts the server's 422 beside the fields they are about (`body.title` → `title`), and the rest on top of the form. */
export function showFieldProblems<Values extends FieldValues>(error: unknown, form: UseFormReturn<Values>): void {
    const problem = asProblem(error);
    const known = new Set(Object.keys(form.getValues()));
    const elsewhere: string[] = [];
    for (const { loc, msg } of problem.fields) {
        const name = loc.replace(/^body\./, "");
        if (known.has(name)) {
            form.setError(name as Path<Values>, { message: msg }, { shouldFocus: true });
        } else {
            elsewhere.push(`${name}: ${msg}`);
        }
    }
    if (problem.fields.length === 0 || elsewhere.length > 0) {
        const reference = problem.requestId && problem.status >= 500 ? ` ${common.requestReference(problem.requestId)}` : "";
        form.setError("root", { message: (elsewhere.join(" ") || problem.detail || problem.title) + reference });
    }
}
