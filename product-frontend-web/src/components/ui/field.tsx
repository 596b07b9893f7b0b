import { ChevronDown } from "lucide-react";
import { type ComponentProps, type ReactNode, useId } from "react";
import { classNames } from "@/lib/class-names";
import { common } from "@/lib/language/common";

export const controlClasses =
    "w-full rounded-lg border border-field-line bg-surface px-3 text-ink shadow-card transition-colors " +
    "placeholder:text-ink-soft hover:border-ink-soft focus-visible:outline-offset-0 " +
    "aria-invalid:border-bad aria-invalid:outline-bad";

interface FieldProps {
    label: ReactNode;
    hint?: ReactNode;
    error?: string | undefined;
    optional?: boolean;
    /** Renders the control with the ids that tie it to its label, hint and error. */
    children(control: { id: string; "aria-describedby"?: string; "aria-invalid"?: true }): ReactNode;
}

export function Field({ label, hint, error, optional = false, children }: FieldProps) {
    const id = useId();
    const describedBy = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
    return (
        <div className="grid gap-1.5">
            <label htmlFor={id} className="flex items-baseline justify-between text-sm font-medium text-ink">
                <span>{label}</span>
                {optional && <span className="text-xs font-normal text-ink-soft">{common.optional}</span>}
            </label>
            {children({
                id,
                ...(describedBy ? { "aria-describedby": describedBy } : {}),
                ...(error ? { "aria-invalid": true as const } : {}),
            })}
            {hint && (
                <p id={`${id}-hint`} className="text-xs text-ink-soft">
                    {hint}
                </p>
            )}
            {error && (
                <p id={`${id}-error`} className="text-xs font-medium text-bad">
                    {error}
                </p>
            )}
        </div>
    );
}

export function TextInput({ className, ...rest }: ComponentProps<"input">) {
    return <input {...rest} className={classNames(controlClasses, "h-10", className)} />;
}

export function TextArea({ className, ...rest }: ComponentProps<"textarea">) {
    return <textarea {...rest} className={classNames(controlClasses, "min-h-24 py-2 leading-relaxed", className)} />;
}

/** The platform's own select: the best one on phones, and it needs no script. */
export function Select({ className, ...rest }: ComponentProps<"select">) {
    return (
        <span className={classNames("relative block", className)}>
            <select {...rest} className={classNames(controlClasses, "h-10 appearance-none truncate pr-9")} />
            <ChevronDown
                aria-hidden="true"
                className="pointer-events-none absolute top-3 right-3 size-4 text-ink-soft"
            />
        </span>
    );
}
