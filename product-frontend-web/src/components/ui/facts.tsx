import type { ReactNode } from "react";

/** Small print under a row's name: each value with what it is; nothing for what is not set. */
export function Facts({ facts }: { facts: Record<string, ReactNode> }) {
    return (
        <dl className="mt-0.5 flex flex-wrap gap-x-4 text-xs text-ink-soft">
            {Object.entries(facts).map(
                ([label, value]) =>
                    value !== null && (
                        <div key={label} className="flex min-w-0 gap-1">
                            <dt className="shrink-0">{label}</dt>
                            <dd className="truncate font-medium text-ink tabular-nums">{value}</dd>
                        </div>
                    ),
            )}
        </dl>
    );
}
