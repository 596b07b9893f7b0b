import { CloudOff, RefreshCw, TriangleAlert } from "lucide-react";
import { asProblem } from "@/lib/api/problem";
import { formatCountdown } from "@/lib/format";
import { common } from "@/lib/language/common";
import { useCountdown } from "@/lib/use-countdown";
import { Button } from "./button";
import { CopyButton } from "./copy-button";

/** A failed load: what happened, the request's id to quote, and a way to try again, no sooner than the server asks. */
export function ProblemPanel({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
    const problem = asProblem(error);
    const wait = useCountdown(problem.retryAt);
    const Icon = problem.code === "unreachable" ? CloudOff : TriangleAlert;
    return (
        <div role="alert" className="grid justify-items-center gap-3 px-6 py-14 text-center">
            <span aria-hidden="true" className="grid size-14 place-items-center rounded-2xl bg-bad-soft text-bad">
                <Icon className="size-6" />
            </span>
            <h2 className="mt-1 text-base font-semibold text-ink">{problem.title}</h2>
            {problem.detail && (
                // What a service said, it said in English.
                <p lang={problem.status > 0 ? "en" : undefined} className="max-w-md leading-relaxed text-balance text-ink-soft">
                    {problem.detail}
                </p>
            )}
            {problem.requestId && (
                <p className="flex items-center gap-1 text-xs text-ink-soft">
                    {common.request}{" "}
                    <code translate="no" className="font-mono break-all">{problem.requestId}</code>
                    <CopyButton text={problem.requestId} label={common.copyRequestId} className="size-8" />
                </p>
            )}
            {retry && (
                <Button tone="secondary" onClick={retry} disabled={wait > 0} className="mt-1">
                    <RefreshCw className="size-4" aria-hidden="true" />
                    {wait > 0 ? common.tryAgainIn(formatCountdown(wait)) : common.tryAgain}
                </Button>
            )}
        </div>
    );
}
