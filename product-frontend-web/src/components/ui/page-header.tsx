import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { meQuery } from "@/lib/api/me";

interface PageHeaderProps {
    title: string;
    intro?: ReactNode;
    actions?: ReactNode;
}

/** The page's one h1, its document title, and what can be done on the page as a whole. */
export function PageHeader({ title, intro, actions }: PageHeaderProps) {
    const { data: me } = useQuery(meQuery);
    const documentTitle = [title, me?.tenant.name, "Phase Zero"].filter(Boolean).join(" - ");
    return (
        <header className="mb-6 flex flex-wrap items-end justify-between gap-x-6 gap-y-4">
            <title>{documentTitle}</title>
            <div className="min-w-0">
                <h1 tabIndex={-1} className="text-2xl font-semibold tracking-tight text-ink">
                    {title}
                </h1>
                {intro && <p className="mt-1 max-w-2xl leading-relaxed text-ink-soft">{intro}</p>}
            </div>
            {actions && <div className="flex flex-wrap gap-2">{actions}</div>}
        </header>
    );
}
