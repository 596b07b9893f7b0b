import { useQuery } from "@tanstack/react-query";
import { Building2, LifeBuoy, Menu as MenuIcon, ShieldCheck } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useState } from "react";
import { IconButton } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";
import { configuration } from "@/lib/api/configuration";
import { meQuery } from "@/lib/api/me";
import { wordFor } from "@/lib/language/common";
import type { Role } from "@/lib/session/claims";
import type { Area } from "../router";
import { words } from "../words";

// Menus bring the largest library of the shell with them, so the page does not wait for them.
const AccountControls = lazy(() => import("./account-controls"));
const NavigationDrawer = lazy(() => import("./navigation-drawer"));

export function TopBar({ role, area }: { role: Role; area: Area }) {
    const [drawer, setDrawer] = useState(false);
    return (
        <header className="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-line bg-bar px-3 text-bar-ink sm:px-5">
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
                <Suspense>
                    <AccountControls role={role} />
                </Suspense>
            </div>
        </header>
    );
}

function AreaName({ area }: { area: Area }) {
    const { data: me } = useQuery(meQuery);
    const looks: Record<Area, { icon: ReactNode; name: ReactNode }> = {
        tenant: {
            icon: <Building2 className="size-4" />,
            name: me ? <span translate="no">{me.tenant.name}</span> : <Skeleton className="w-28 animate-appear" />,
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
