import { Link } from "@tanstack/react-router";
import { classNames } from "@/lib/class-names";
import type { Role } from "@/lib/session/claims";
import { words } from "../words";
import { destinationsOf } from "./destinations";

interface NavigationProps {
    role: Role;
    /** Icons alone; the words stay for readers and as tooltips. */
    compact?: boolean;
    onNavigate?: () => void;
}

export function Navigation({ role, compact = false, onNavigate }: NavigationProps) {
    const destinations = destinationsOf(role);
    // A page below this one may have an entry of its own, which is then the one to mark.
    const isAboveAnother = (to: string) => destinations.some((other) => other.to.startsWith(`${to}/`));
    return (
        <nav aria-label={words.navigation}>
            <ul className="grid gap-1">
                {destinations.map(({ to, label, icon: Icon }) => (
                    <li key={to}>
                        <Link
                            to={to}
                            onClick={onNavigate}
                            activeOptions={{ exact: isAboveAnother(to), includeSearch: false }}
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
