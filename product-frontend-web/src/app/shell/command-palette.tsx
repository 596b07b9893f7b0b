import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { useNavigate } from "@tanstack/react-router";
import { Keyboard, Languages, LogOut, Monitor, Moon, Search, Sun } from "lucide-react";
import { type ComponentType, useState } from "react";
import { Key } from "@/components/ui/key";
import { notifyProblem } from "@/components/ui/toasts";
import { chooseLanguage, type Language, language, languages } from "@/lib/language/language";
import { session, supportView } from "@/lib/session/browser-session";
import type { Role } from "@/lib/session/claims";
import { chooseTheme } from "@/lib/theme/theme";
import { words } from "../words";
import { endView } from "../support/end-view";
import type { Destination } from "./destinations";
import { modKey } from "./shortcuts";

interface Command {
    label: string;
    icon: ComponentType<{ className?: string }>;
    /** The keys that do the same without the palette. */
    keys?: string[];
    run(): void;
}

interface Group {
    name: string;
    items: Command[];
}

interface CommandPaletteProps {
    role: Role;
    destinations: Destination[];
    onSheet(): void;
    onClose(): void;
}

/** Everything that can be reached or changed from anywhere, by typing a few of its letters. */
export default function CommandPalette({ role, destinations, onSheet, onClose }: CommandPaletteProps) {
    const navigate = useNavigate();
    const [typed, setTyped] = useState("");
    const { contains } = Autocomplete.useFilter({ sensitivity: "base" });
    const q = typed.trim();

    const groups: Group[] = [
        {
            name: words.palette.goTo,
            items: destinations.map(({ to, label, icon, chord }) => ({
                label,
                icon,
                ...(chord ? { keys: ["G", chord.toUpperCase()] } : {}),
                run: () => void navigate({ to }),
            })),
        },
        {
            name: words.palette.actions,
            items: [
                { label: words.palette.light, icon: Sun, run: () => chooseTheme("light") },
                { label: words.palette.dark, icon: Moon, run: () => chooseTheme("dark") },
                { label: words.palette.system, icon: Monitor, run: () => chooseTheme("system") },
                ...Object.entries(languages)
                    .filter(([value]) => value !== language)
                    .map(([value, name]) => ({
                        label: words.palette.speak(name),
                        icon: Languages,
                        run: () => chooseLanguage(value as Language),
                    })),
                { label: words.shortcuts.title, icon: Keyboard, keys: ["?"], run: onSheet },
                supportView
                    ? { label: words.view.end, icon: LogOut, keys: [modKey, "."], run: () => void endView() }
                    : {
                          label: words.signOut,
                          icon: LogOut,
                          run: () => void session.signOut().catch((error: unknown) => notifyProblem(words.notSignedOut, error)),
                      },
            ],
        },
    ];

    // What was typed may as well be what somebody looks for; that comes last, so that Enter means a command first.
    const searches: Command[] =
        role === "admin" || role === "standard"
            ? [{ label: words.palette.findItems(q), icon: Search, run: () => void navigate({ to: "/items", search: { q } }) }]
            : [{ label: words.palette.lookUp(q), icon: Search, run: () => void navigate({ to: "/support/lookup", search: { q } }) }];
    const matching = [
        ...groups.map((group) => ({ ...group, items: group.items.filter(({ label }) => contains(label, q)) })),
        { name: words.palette.search, items: q === "" ? [] : searches },
    ].filter(({ items }) => items.length > 0);

    function run(command: Command) {
        onClose();
        command.run();
    }

    return (
        <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
            <Dialog.Portal>
                <Dialog.Backdrop className="fixed inset-0 z-40 bg-slate-950/50 transition-opacity duration-100 data-starting-style:opacity-0" />
                <Dialog.Popup className="fixed inset-x-3 top-[calc(var(--banner)+0.75rem)] z-50 mx-auto flex max-h-[min(32rem,85dvh)] max-w-xl flex-col overflow-hidden rounded-2xl border border-line bg-surface text-sm text-ink shadow-float transition duration-100 data-starting-style:-translate-y-2 data-starting-style:opacity-0 sm:top-[12dvh]">
                    <Dialog.Title className="sr-only">{words.palette.title}</Dialog.Title>
                    <Autocomplete.Root
                        open
                        inline
                        items={matching}
                        filter={null}
                        value={typed}
                        onValueChange={(next, { reason }) => reason !== "item-press" && setTyped(next)}
                        itemToStringValue={({ label }: Command) => label}
                        autoHighlight="always"
                        keepHighlight
                    >
                        <div className="flex items-center gap-3 border-b border-line px-4">
                            <Search className="size-4 shrink-0 text-ink-soft" aria-hidden="true" />
                            <Autocomplete.Input
                                aria-label={words.palette.title}
                                placeholder={words.palette.placeholder}
                                className="h-13 min-w-0 flex-1 bg-transparent outline-none placeholder:text-ink-soft"
                            />
                            <span className="max-sm:hidden">
                                <Key>Esc</Key>
                            </span>
                        </div>
                        <Autocomplete.List className="min-h-0 flex-1 scroll-py-2 overflow-y-auto p-2">
                            {({ name, items }: Group) => (
                                <Autocomplete.Group key={name} items={items} className="mb-1">
                                    <Autocomplete.GroupLabel className="px-3 pt-2 pb-1.5 text-xs font-medium text-ink-soft">
                                        {name}
                                    </Autocomplete.GroupLabel>
                                    <Autocomplete.Collection>
                                        {(command: Command) => (
                                            <Autocomplete.Item
                                                key={command.label}
                                                value={command}
                                                onClick={() => run(command)}
                                                className="flex min-h-10 cursor-default items-center gap-3 rounded-lg px-3 py-2 outline-none select-none data-highlighted:bg-accent-soft data-highlighted:text-accent-soft-ink"
                                            >
                                                <command.icon className="size-4 shrink-0" aria-hidden="true" />
                                                <span className="min-w-0 flex-1 break-words">{command.label}</span>
                                                {command.keys && (
                                                    <span aria-hidden="true" className="hidden gap-1 sm:flex">
                                                        {command.keys.map((key) => (
                                                            <Key key={key}>{key}</Key>
                                                        ))}
                                                    </span>
                                                )}
                                            </Autocomplete.Item>
                                        )}
                                    </Autocomplete.Collection>
                                </Autocomplete.Group>
                            )}
                        </Autocomplete.List>
                    </Autocomplete.Root>
                </Dialog.Popup>
            </Dialog.Portal>
        </Dialog.Root>
    );
}
