import type { ReactNode } from "react";

/** What is wrong with a form as a whole. Always there, so that readers announce what appears in it; empty, it takes no room. */
export function FormFailure({ children }: { children?: ReactNode }) {
    return (
        <div role="alert" className="empty:absolute">
            {children && <p className="rounded-lg bg-bad-soft px-3.5 py-2.5 font-medium text-bad">{children}</p>}
        </div>
    );
}
