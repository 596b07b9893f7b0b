import type { ReactNode } from "react";

/** What came of a form, in the place where the form was. */
export function Outcome({ icon, children }: { icon: ReactNode; children: ReactNode }) {
    return (
        <div role="status" className="mt-6 flex gap-3.5 rounded-xl border border-line bg-surface p-5 shadow-card">
            <span
                aria-hidden="true"
                className="grid size-10 shrink-0 place-items-center rounded-xl bg-accent-soft text-accent-soft-ink [&_svg]:size-5"
            >
                {icon}
            </span>
            <p className="leading-relaxed text-ink-soft">{children}</p>
        </div>
    );
}
