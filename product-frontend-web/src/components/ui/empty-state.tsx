import type { ReactNode } from "react";

interface EmptyStateProps {
    icon: ReactNode;
    title: string;
    text: ReactNode;
    action?: ReactNode;
}

export function EmptyState({ icon, title, text, action }: EmptyStateProps) {
    return (
        <div className="grid justify-items-center gap-3 px-6 py-14 text-center">
            <span
                aria-hidden="true"
                className="grid size-14 place-items-center rounded-2xl bg-accent-soft text-accent-soft-ink [&_svg]:size-6"
            >
                {icon}
            </span>
            <h2 className="mt-1 text-base font-semibold text-ink">{title}</h2>
            <p className="max-w-sm leading-relaxed text-balance wrap-anywhere text-ink-soft">{text}</p>
            {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
        </div>
    );
}
