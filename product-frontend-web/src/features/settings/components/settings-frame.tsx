import { Link, type LinkProps } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { PageHeader } from "@/components/ui/page-header";
import { session, supportView } from "@/lib/session/browser-session";
import type { Role } from "@/lib/session/claims";
import { words } from "../words";

interface Section {
    to: NonNullable<LinkProps["to"]>;
    label: string;
    roles?: readonly Role[];
    /** A support session may look at it. */
    insideSession?: true;
}

const sections: Section[] = [
    { to: "/settings/profile", label: words.profile.title },
    { to: "/settings/security", label: words.security.title },
    { to: "/settings/sessions", label: words.sessions.title },
    { to: "/settings/organization", label: words.organization.title, roles: ["admin", "standard"], insideSession: true },
    { to: "/settings/support-access", label: words.supportAccess.title, roles: ["admin"] },
    { to: "/settings/api-keys", label: words.apiKeys.title, roles: ["admin"] },
    { to: "/settings/integrations", label: words.integrations.title, roles: ["admin", "standard"], insideSession: true },
];

interface SettingsFrameProps {
    title: string;
    intro: string;
    actions?: ReactNode;
    children: ReactNode;
}

/** A page of the settings, with the way to the others. */
export function SettingsFrame({ title, intro, actions, children }: SettingsFrameProps) {
    const role = session.identity()?.role;
    return (
        <div className="lg:grid lg:grid-cols-[12rem_minmax(0,1fr)] lg:gap-8">
            <nav aria-label={words.settings} className="-mx-2.5 mb-5 lg:mx-0 lg:mb-0 lg:pt-2">
                <ul className="flex flex-wrap gap-1 lg:grid">
                    {sections
                        .filter(({ insideSession }) => !supportView || insideSession)
                        .filter(({ roles }) => !roles || (role && roles.includes(role)))
                        .map(({ to, label }) => (
                            <li key={to}>
                                <Link
                                    to={to}
                                    activeOptions={{ exact: true, includeSearch: false }}
                                    activeProps={{ className: "bg-accent-soft text-accent-soft-ink font-semibold" }}
                                    inactiveProps={{ className: "text-ink-soft hover:bg-sunken hover:text-ink" }}
                                    className="flex h-9 items-center rounded-lg px-2.5 font-medium transition-colors lg:h-10 lg:px-3"
                                >
                                    {label}
                                </Link>
                            </li>
                        ))}
                </ul>
            </nav>
            <div className="min-w-0 max-w-3xl">
                <PageHeader title={title} intro={intro} actions={actions} />
                {children}
            </div>
        </div>
    );
}
