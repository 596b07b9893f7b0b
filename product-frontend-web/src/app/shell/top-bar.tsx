import { Dialog } from "@base-ui/react/dialog";
import { useQuery } from "@tanstack/react-query";
import { Building2, LifeBuoy, LogOut, Menu as MenuIcon, Monitor, Moon, ShieldCheck, Sun, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { BrandMark } from "@/components/ui/brand-mark";
import { IconButton } from "@/components/ui/button";
import { Menu, MenuChoice, MenuItem, MenuLine } from "@/components/ui/menu";
import { Skeleton } from "@/components/ui/skeleton";
import { notifyProblem } from "@/components/ui/toasts";
import { configuration } from "@/lib/api/configuration";
import { meQuery } from "@/lib/api/me";
import { session } from "@/lib/session/browser-session";
import { type Role, roleNames } from "@/lib/session/claims";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "@/lib/theme/theme";
import type { Area } from "../router";
import { Navigation } from "./navigation";

export function TopBar({ role, area }: { role: Role; area: Area }) {
    return (
        <header className="sticky top-0 z-30 flex h-14 items-center gap-2 border-b border-line bg-bar px-3 text-bar-ink sm:px-5">
            <NavigationDrawer role={role} />
            <AreaName area={area} />
            <EnvironmentBadge />
            <div className="ml-auto flex items-center gap-1">
                <ThemeMenu />
                <AccountMenu role={role} />
            </div>
        </header>
    );
}

function AreaName({ area }: { area: Area }) {
    const { data: me } = useQuery(meQuery);
    const looks: Record<Area, { icon: ReactNode; name: ReactNode }> = {
        tenant: {
            icon: <Building2 className="size-4" />,
            name: me?.tenant.name ?? <Skeleton className="w-28 animate-appear" />,
        },
        admin: { icon: <ShieldCheck className="size-4" />, name: "Platform administration" },
        support: { icon: <LifeBuoy className="size-4" />, name: "Support" },
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
            {environment}
        </span>
    );
}

const themes: { value: ThemeChoice; label: string; icon: ReactNode }[] = [
    { value: "light", label: "Light", icon: <Sun /> },
    { value: "dark", label: "Dark", icon: <Moon /> },
    { value: "system", label: "As the system", icon: <Monitor /> },
];

function ThemeMenu() {
    const choice = useThemeChoice();
    return (
        <Menu
            trigger={
                <IconButton
                    label="Theme"
                    icon={<span className="[&_svg]:size-4">{themes.find(({ value }) => value === choice)?.icon}</span>}
                />
            }
        >
            <MenuChoice label="Theme" value={choice} choices={themes} onChoose={chooseTheme} />
        </Menu>
    );
}

function initials(name: string): string {
    return name
        .split(/\s+/)
        .slice(0, 2)
        .map((word) => word.charAt(0).toUpperCase())
        .join("");
}

async function signOut() {
    try {
        await session.signOut();
    } catch (error) {
        notifyProblem("You could not be signed out", error);
    }
}

function AccountMenu({ role }: { role: Role }) {
    const { data: me } = useQuery(meQuery);

    return (
        <Menu
            trigger={
                <button
                    type="button"
                    aria-label={me ? `Account: ${me.person.name}` : "Account"}
                    className="ml-1 grid size-9 place-items-center rounded-full bg-accent text-xs font-semibold text-accent-ink"
                >
                    {me ? initials(me.person.name || me.person.email) : ""}
                </button>
            }
        >
            <div className="max-w-72 px-2.5 py-2">
                <p className="truncate font-semibold">{me?.person.name}</p>
                <p className="truncate text-ink-soft">{me?.person.email}</p>
                <p className="mt-1.5 text-xs text-ink-soft">
                    {roleNames[role]}
                    {me && ` at ${me.tenant.name}`}
                </p>
            </div>
            <MenuLine />
            <MenuItem icon={<LogOut />} onClick={signOut}>
                Sign out
            </MenuItem>
        </Menu>
    );
}

function NavigationDrawer({ role }: { role: Role }) {
    const [open, setOpen] = useState(false);
    return (
        <Dialog.Root open={open} onOpenChange={setOpen}>
            <Dialog.Trigger
                render={<IconButton label="Open the navigation" icon={<MenuIcon className="size-5" />} className="lg:hidden" />}
            />
            <Dialog.Portal>
                <Dialog.Backdrop className="fixed inset-0 z-40 bg-slate-950/50 transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
                <Dialog.Popup className="fixed inset-y-0 left-0 z-50 w-72 max-w-[85vw] border-r border-line bg-surface p-3 text-sm text-ink shadow-float transition-transform duration-150 data-ending-style:-translate-x-full data-starting-style:-translate-x-full">
                    <div className="mb-3 flex h-10 items-center gap-2.5 pl-3">
                        <BrandMark className="size-6 text-accent" />
                        <Dialog.Title className="font-semibold tracking-tight">Phase Zero</Dialog.Title>
                        <Dialog.Close
                            render={<IconButton label="Close the navigation" icon={<X className="size-4" />} className="ml-auto" />}
                        />
                    </div>
                    <Navigation role={role} onNavigate={() => setOpen(false)} />
                </Dialog.Popup>
            </Dialog.Portal>
        </Dialog.Root>
    );
}
