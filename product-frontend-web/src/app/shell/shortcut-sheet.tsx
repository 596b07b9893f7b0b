import { type ReactNode, useId } from "react";
import { Dialog } from "@/components/ui/dialog";
import { Key } from "@/components/ui/key";
import { words } from "../words";
import type { Destination } from "./destinations";
import { enableSingleKeys, modKey, useSingleKeysEnabled } from "./shortcuts";

/** Every key that does something, and the switch for those of one letter. */
export default function ShortcutSheet({ destinations, onClose }: { destinations: Destination[]; onClose(): void }) {
    const enabled = useSingleKeysEnabled();
    const singleKeys = useId();
    return (
        <Dialog open onClose={onClose} title={words.shortcuts.title}>
            <dl className="grid gap-y-2.5">
                <Shortcut does={words.shortcuts.palette} keys={[modKey, "K"]} />
                <Shortcut does={words.shortcuts.sheet} keys={["?"]} />
                <Shortcut does={words.shortcuts.search} keys={["/"]} />
                {destinations.map(
                    ({ to, label, chord }) =>
                        chord && <Shortcut key={to} does={words.shortcuts.goTo(label)} keys={["G", chord.toUpperCase()]} then />,
                )}
            </dl>
            <div className="mt-6 flex items-start gap-3 border-t border-line pt-5">
                <input
                    id={singleKeys}
                    aria-describedby={`${singleKeys}-text`}
                    type="checkbox"
                    checked={enabled}
                    onChange={(event) => enableSingleKeys(event.target.checked)}
                    className="mt-0.5 size-4 accent-accent"
                />
                <div>
                    <label htmlFor={singleKeys} className="font-medium">
                        {words.shortcuts.singleKeys}
                    </label>
                    <p id={`${singleKeys}-text`} className="text-ink-soft">
                        {words.shortcuts.singleKeysText}
                    </p>
                </div>
            </div>
        </Dialog>
    );
}

function Shortcut({ does, keys, then = false }: { does: ReactNode; keys: string[]; then?: boolean }) {
    return (
        <div className="flex items-center justify-between gap-4">
            <dt className="text-ink-soft">{does}</dt>
            <dd className="flex items-center gap-1.5">
                {keys.map((name, at) => (
                    <span key={name} className="flex items-center gap-1.5">
                        {at > 0 && <span className="text-xs text-ink-soft">{then ? words.shortcuts.afterwards : "+"}</span>}
                        <Key>{name}</Key>
                    </span>
                ))}
            </dd>
        </div>
    );
}
