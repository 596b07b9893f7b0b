import type { ReactNode } from "react";

/** A key of the keyboard. */
export function Key({ children }: { children: ReactNode }) {
    return (
        <kbd
            translate="no"
            className="inline-grid h-6 min-w-6 place-items-center rounded-md border border-line bg-sunken px-1.5 font-mono text-xs text-ink"
        >
            {children}
        </kbd>
    );
}
