import type { ReactNode } from "react";
import { documentTitle } from "@/lib/session/document-title";
import { useOrganizationName } from "@/lib/session/organization-name";

interface PageHeaderProps {
    title: string;
    /** The title is the name of something, which is the same in every language. */
    isName?: boolean;
    intro?: ReactNode;
    actions?: ReactNode;
}

/** The page's one h1, its document title, and what can be done on the page as a whole. */
export function PageHeader({ title, isName = false, intro, actions }: PageHeaderProps) {
    const organization = useOrganizationName();
    return (
        <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
            <title>{documentTitle(title, organization)}</title>
            <div className="min-w-0">
                <h1
                    tabIndex={-1}
                    translate={isName ? "no" : undefined}
                    className="text-2xl font-semibold tracking-tight break-words text-ink"
                >
                    {title}
                </h1>
                {intro && <div className="mt-1 max-w-2xl leading-relaxed text-ink-soft">{intro}</div>}
            </div>
            {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </header>
    );
}
