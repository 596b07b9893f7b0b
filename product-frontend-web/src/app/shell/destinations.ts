import type { LinkProps } from "@tanstack/react-router";
import { Building2, FolderKanban, KeyRound, LayoutDashboard, LifeBuoy, ListChecks, MessagesSquare, ScrollText, Search, Siren, UserCog, Users } from "lucide-react";
import type { ComponentType } from "react";
import { supportView } from "@/lib/session/browser-session";
import type { Role } from "@/lib/session/claims";
import { words } from "../words";

export interface Destination {
    to: NonNullable<LinkProps["to"]>;
    label: string;
    icon: ComponentType<{ className?: string }>;
    /** The letter that leads here after g. */
    chord?: string;
}

const tenant: Destination[] = [
    { to: "/dashboard", label: words.destinations.dashboard, icon: LayoutDashboard, chord: "d" },
    { to: "/items", label: words.destinations.items, icon: ListChecks, chord: "i" },
    { to: "/projects", label: words.destinations.projects, icon: FolderKanban, chord: "p" },
];
const tenantAdmin: Destination[] = [
    ...tenant,
    { to: "/members", label: words.destinations.members, icon: Users, chord: "m" },
    { to: "/audit", label: words.destinations.audit, icon: ScrollText, chord: "a" },
];
const support: Destination[] = [
    { to: "/support", label: words.destinations.support, icon: LifeBuoy, chord: "s" },
    { to: "/support/lookup", label: words.destinations.lookup, icon: Search, chord: "l" },
    { to: "/support/sessions", label: words.destinations.supportSessions, icon: MessagesSquare, chord: "n" },
];

const byRole: Record<Role, Destination[]> = {
    admin: tenantAdmin,
    standard: tenant,
    platform_admin: [
        { to: "/admin/orgs", label: words.destinations.orgs, icon: Building2, chord: "o" },
        { to: "/admin/staff", label: words.destinations.staff, icon: UserCog, chord: "t" },
        { to: "/admin/keys", label: words.destinations.keys, icon: KeyRound, chord: "k" },
        { to: "/admin/audit", label: words.destinations.audit, icon: ScrollText, chord: "a" },
        { to: "/admin/support", label: words.destinations.supportSignals, icon: Siren },
        ...support,
    ],
    support_agent: [...support, { to: "/support/audit", label: words.destinations.audit, icon: ScrollText, chord: "a" }],
};

// What is somebody's own, or the organization's to keep from support, is not on the way of a session.
const insideSession: Destination[] = [...tenant, { to: "/settings/organization", label: words.destinations.organization, icon: Building2, chord: "o" }];

/** Where somebody can go from anywhere: in the navigation, the command palette and by chords. */
export function destinationsOf(role: Role): Destination[] {
    return supportView ? insideSession : byRole[role];
}
