import { Link, type LinkProps } from "@tanstack/react-router";
import { Building2, FolderKanban, LayoutDashboard, LifeBuoy, ListChecks, Search } from "lucide-react";
import type { ComponentType } from "react";
import { classNames } from "@/lib/class-names";
import type { Role } from "@/lib/session/claims";

interface Destination {
    to: NonNullable<LinkProps["to"]>;
    label: string;
    icon: ComponentType<{ className?: string }>;
}

const tenant: Destination[] = [
    { to: "/dashboard", label: "Dashboard", icon: LayoutDashboard },
    { to: "/items", label: "Items", icon: ListChecks },
    { to: "/projects", label: "Projects", icon: FolderKanban },
];
const support: Destination[] = [
    { to: "/support", label: "Support", icon: LifeBuoy },
    { to: "/support/lookup", label: "Lookup", icon: Search },
];
const destinations: Record<Role, Destination[]> = {
    admin: tenant,
    standard: tenant,
    platform_admin: [{ to: "/admin/orgs", label: "Organizations", icon: Building2 }, ...support],
    support_agent: support,
};

interface NavigationProps {
    role: Role;
    /** Icons alone; the words stay for readers and as tooltips. */
    compact?: boolean;
    onNavigate?: () => void;
}

export function Navigation({ role, compact = false, onNavigate }: NavigationProps) {
    return (
        <nav aria-label="Main">
            <ul className="grid gap-1">
                {destinations[role].map(({ to, label, icon: Icon }) => (
                    <li key={to}>
                        <Link
                            to={to}
                            onClick={onNavigate}
                            activeOptions={{ exact: true, includeSearch: false }}
                            activeProps={{ className: "bg-accent-soft text-accent-soft-ink font-semibold" }}
                            inactiveProps={{ className: "text-ink-soft hover:bg-sunken hover:text-ink" }}
                            title={compact ? label : undefined}
                            className={classNames(
                                "flex h-10 items-center gap-3 rounded-lg px-3 font-medium transition-colors",
                                compact && "justify-center px-0",
                            )}
                        >
                            <Icon className="size-[1.125rem] shrink-0" aria-hidden="true" />
                            <span className={compact ? "sr-only" : undefined}>{label}</span>
                        </Link>
                    </li>
                ))}
            </ul>
        </nav>
    );
}
