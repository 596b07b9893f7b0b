import type { ReactNode } from "react";
import { formatCountdown } from "@/lib/format";
import { common } from "@/lib/language/common";
import { useCountdown } from "@/lib/use-countdown";

interface FormFailureProps {
    /** What showFieldProblems() put on the form as a whole; its `type` says when trying again makes sense. */
    error?: { type?: string | number | undefined; message?: string | undefined } | undefined;
    children?: ReactNode;
}

/** What is wrong with a form as a whole. Always there, so that readers announce what appears in it; empty, it takes no room. */
export function FormFailure({ error, children }: FormFailureProps) {
    const retryAt = error?.type !== undefined && Number.isFinite(Number(error.type)) ? Number(error.type) : undefined;
    const wait = useCountdown(retryAt);
    const text = children ?? error?.message;
    return (
        <div role="alert" className="empty:absolute">
            {text && (
                <p className="rounded-lg bg-bad-soft px-3.5 py-2.5 font-medium text-bad">
                    {text}
                    {/* Read out once, not every second. */}
                    {wait > 0 && <span aria-hidden="true" className="tabular-nums"> {common.tryAgainIn(formatCountdown(wait))}.</span>}
                    {retryAt !== undefined && wait === 0 && ` ${common.tryNow}`}
                </p>
            )}
        </div>
    );
}
