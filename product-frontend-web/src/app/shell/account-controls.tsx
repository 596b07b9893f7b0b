import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LogOut, Monitor, Moon, Settings, Sun } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "@/components/ui/button";
import { Menu, MenuChoice, MenuItem, MenuLine } from "@/components/ui/menu";
import { notifyProblem } from "@/components/ui/toasts";
import { meQuery } from "@/lib/api/me";
import { common } from "@/lib/language/common";
import { chooseLanguage, type Language, language, languages } from "@/lib/language/language";
import { session, supportView } from "@/lib/session/browser-session";
import type { Role } from "@/lib/session/claims";
import { chooseTheme, type ThemeChoice, useThemeChoice } from "@/lib/theme/theme";
import { words } from "../words";
import { OrganizationChoices } from "./organization-choices";

/** The top bar's menus: how the console looks, and who is signed in. */
export default function AccountControls({ role }: { role: Role }) {
    return (
        <>
            <ThemeMenu />
            {/* Inside a support session nobody is at home: the agent's own account is on the agent's own pages. */}
            {!supportView && <AccountMenu role={role} />}
        </>
    );
}

const themes: { value: ThemeChoice; label: string; icon: ReactNode }[] = [
    { value: "light", label: words.themes.light, icon: <Sun /> },
    { value: "dark", label: words.themes.dark, icon: <Moon /> },
    { value: "system", label: words.themes.system, icon: <Monitor /> },
];

function ThemeMenu() {
    const choice = useThemeChoice();
    return (
        <Menu
            trigger={
                <IconButton
                    label={words.theme}
                    icon={<span className="[&_svg]:size-4">{themes.find(({ value }) => value === choice)?.icon}</span>}
                />
            }
        >
            <MenuChoice label={words.theme} value={choice} choices={themes} onChoose={chooseTheme} />
        </Menu>
    );
}

const languageChoices = Object.entries(languages).map(([value, name]) => ({
    value: value as Language,
    label: (
        <span lang={value} translate="no">
            {name}
        </span>
    ),
}));

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
        notifyProblem(words.notSignedOut, error);
    }
}

function AccountMenu({ role }: { role: Role }) {
    const { data: me } = useQuery(meQuery);
    const navigate = useNavigate();
    return (
        <Menu
            trigger={
                <button
                    type="button"
                    aria-label={me ? words.accountOf(me.person.name) : words.account}
                    className="ml-1 grid size-9 place-items-center rounded-full bg-accent text-xs font-semibold text-accent-ink"
                >
                    <span translate="no" aria-hidden="true">
                        {me ? initials(me.person.name || me.person.email) : ""}
                    </span>
                </button>
            }
        >
            <div className="max-w-72 px-2.5 py-2">
                <p translate="no" className="truncate font-semibold">{me?.person.name}</p>
                <p translate="no" className="truncate text-ink-soft">{me?.person.email}</p>
                <p className="mt-1.5 text-xs text-ink-soft">
                    {me ? words.roleAt(common.roles[role], me.tenant.name) : common.roles[role]}
                </p>
            </div>
            <MenuLine />
            {me && <OrganizationChoices me={me} />}
            <MenuChoice label={words.language} value={language} choices={languageChoices} onChoose={chooseLanguage} />
            <MenuLine />
            <MenuItem icon={<Settings />} onClick={() => navigate({ to: "/settings/profile" })}>
                {words.settings}
            </MenuItem>
            <MenuItem icon={<LogOut />} onClick={signOut}>
                {words.signOut}
            </MenuItem>
        </Menu>
    );
}
