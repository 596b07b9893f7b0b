import { Building2, LifeBuoy, Menu as MenuIcon, Search, ShieldCheck } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { IconButton } from "@/components/ui/button";
import { Key } from "@/components/ui/key";
import { Skeleton } from "@/components/ui/skeleton";
import { configuration } from "@/lib/api/configuration";
import { wordFor } from "@/lib/language/common";
import type { Role } from "@/lib/session/claims";
import { useOrganizationName } from "@/lib/session/organization-name";
import type { Area } from "../router";
import { words } from "../words";
import { modKey } from "./shortcuts";

// Menus bring the largest library of the shell with them, so the page does not wait for them.
const AccountControls = lazy(() => import("./account-controls"));
const NavigationDrawer = lazy(() => import("./navigation-drawer"));

interface TopBarProps {
    role: Role;
    area: Area;
    onPalette(): void;
}

export function TopBar({ role, area, onPalette }: TopBarProps) {
    const [drawer, setDrawer] = useState(false);
    return (
        <header className="sticky top-(--banner) z-30 flex h-14 items-center gap-2 border-b border-line bg-bar px-3 text-bar-ink sm:px-5">
            <IconButton
                label={words.openNavigation}
                icon={<MenuIcon className="size-5" />}
                className="lg:hidden"
                aria-haspopup="dialog"
                onClick={() => setDrawer(true)}
            />
            <Suspense>{drawer && <NavigationDrawer role={role} onClose={() => setDrawer(false)} />}</Suspense>
            <AreaName area={area} />
            <EnvironmentBadge />
            <div className="ml-auto flex h-9 items-center gap-1">
                <button
                    type="button"
                    aria-haspopup="dialog"
                    aria-keyshortcuts="Control+K Meta+K"
                    onClick={onPalette}
                    className="flex h-9 items-center gap-2 rounded-lg px-2.5 text-ink-soft transition-colors hover:bg-sunken hover:text-ink md:mr-1 md:border md:border-line md:bg-surface md:pr-1.5 md:pl-3"
                >
                    <Search className="size-4" aria-hidden="true" />
                    <span className="text-xs max-md:sr-only">{words.searchOrDo}</span>
                    <span className="ml-3 hidden gap-1 md:flex" aria-hidden="true">
                        <Key>{`${modKey} K`}</Key>
                    </span>
                </button>
                {/* As wide as what comes, so that nothing moves when it does. */}
                <Suspense fallback={<span className="w-19" />}>
                    <AccountControls role={role} />
                </Suspense>
            </div>
        </header>
    );
}

function AreaName({ area }: { area: Area }) {
    const organization = useOrganizationName();
    const looks: Record<Area, { icon: ReactNode; name: ReactNode }> = {
        tenant: {
            icon: <Building2 className="size-4" />,
            name: organization ? <span translate="no">{organization}</span> : <Skeleton className="w-28 animate-appear" />,
        },
        admin: { icon: <ShieldCheck className="size-4" />, name: words.areas.admin },
        support: { icon: <LifeBuoy className="size-4" />, name: words.areas.support },
    };
    return (
        <p className="flex min-w-0 items-center gap-2 font-semibold">
            <span aria-hidden="true" className="shrink-0">
                {looks[area].icon}
            </span>
            <span className="truncate">{looks[area].name}</span>
        </p>
    );
}

/** Names every environment but production, where the badge would only be noise. */
function EnvironmentBadge() {
    const [environment, setEnvironment] = useState("production");
    useEffect(() => {
        void configuration().then((known) => setEnvironment(known.environment));
    }, []);
    if (environment === "production") {
        return null;
    }
    return (
        <span className="rounded-full bg-warn-soft px-2.5 py-0.5 text-xs font-semibold text-warn capitalize">
            {wordFor(words.environments, environment)}
        </span>
    );
}
