import { useQuery } from "@tanstack/react-query";
import { LogOut, Monitor, Moon, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "@/components/ui/button";
import { Menu, MenuChoice, MenuItem, MenuLine } from "@/components/ui/menu";
import { notifyProblem } from "@/components/ui/toasts";
import { meQuery } from "@/lib/api/me";
import { session } from "@/lib/session/browser-session";
import { type Role, roleNames } from "@/lib/session/claims";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "@/lib/theme/theme";

/** The top bar's menus: how the console looks, and who is signed in. */
export default function AccountControls({ role }: { role: Role }) {
    return (
        <>
            <ThemeMenu />
            <AccountMenu role={role} />
        </>
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
