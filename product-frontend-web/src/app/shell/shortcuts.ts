import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useSyncExternalStore } from "react";
import type { Destination } from "./destinations";

/** How long after g the letter may come. */
const chordMs = 1500;
const key = "pz.shortcuts";
const listeners = new Set<() => void>();

function stored(): boolean {
    try {
        return localStorage.getItem(key) !== "off";
    } catch {
        return true;
    }
}

let enabled = stored();

/** People who speak to their computer, or whose hands slip, must be able to do without keys of one letter (WCAG 2.1.4). */
export function enableSingleKeys(next: boolean): void {
    enabled = next;
    try {
        if (next) {
            localStorage.removeItem(key);
        } else {
            localStorage.setItem(key, "off");
        }
    } catch {
        // The choice then lasts as long as the page.
    }
    for (const listener of listeners) {
        listener();
    }
}

export function useSingleKeysEnabled(): boolean {
    return useSyncExternalStore(
        (listener) => {
            listeners.add(listener);
            return () => listeners.delete(listener);
        },
        () => enabled,
    );
}

export const isMac = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The name of the key that commands begin with, as this keyboard has it. */
export const modKey = isMac ? "⌘" : "Ctrl";

function isTyping(target: EventTarget | null): boolean {
    return target instanceof Element && target.closest("input, textarea, select, [contenteditable], [role=menu], [role=listbox]") !== null;
}

interface ShortcutActions {
    destinations: Destination[];
    onPalette(): void;
    onSheet(): void;
}

/** Mod+K everywhere; g and a letter, / and ? wherever nothing is being typed and no dialog is open. */
export function useShortcuts(actions: ShortcutActions): void {
    const navigate = useNavigate();
    const latest = useRef({ ...actions, navigate });
    useEffect(() => {
        latest.current = { ...actions, navigate };
    });

    useEffect(() => {
        let chordUntil = 0;

        function onKeyDown(event: KeyboardEvent) {
            const { destinations, onPalette, onSheet, navigate: go } = latest.current;
            if (event.defaultPrevented || event.isComposing) {
                return;
            }
            if ((isMac ? event.metaKey : event.ctrlKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
                event.preventDefault();
                onPalette();
                return;
            }
            const blocked = isTyping(event.target) || document.querySelector("[role=dialog], [role=alertdialog]") !== null;
            if (!enabled || blocked || event.ctrlKey || event.metaKey || event.altKey) {
                return;
            }
            const inChord = event.timeStamp < chordUntil;
            chordUntil = 0;
            const destination = inChord && destinations.find(({ chord }) => chord === event.key.toLowerCase());
            if (destination) {
                event.preventDefault();
                void go({ to: destination.to });
            } else if (event.key === "g") {
                chordUntil = event.timeStamp + chordMs;
            } else if (event.key === "?") {
                event.preventDefault();
                onSheet();
            } else if (event.key === "/") {
                const search = document.querySelector<HTMLInputElement>("main input[type=search]");
                if (search) {
                    event.preventDefault();
                    search.focus();
                    search.select();
                }
            }
        }

        window.addEventListener("keydown", onKeyDown);
        return () => window.removeEventListener("keydown", onKeyDown);
    }, []);
}
