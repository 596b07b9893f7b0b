import { Pencil, Trash2 } from "lucide-react";
import { type KeyboardEvent, useEffect, useRef, useState } from "react";
import { IconButton } from "@/components/ui/button";
import { controlClasses } from "@/components/ui/field";
import { Refusable } from "@/components/ui/refusable";
import { StatusBadge, statusWord } from "@/components/ui/status-badge";
import { classNames } from "@/lib/class-names";
import { formatAge, formatDateTime } from "@/lib/format";
import type { Item } from "../api";
import { type ItemStatus, itemStatuses } from "../search";
import { words } from "../words";

interface ItemRowProps {
    item: Item;
    projectName: string | undefined;
    owner: string | undefined;
    /** Undefined for people who can do nothing with a selection. */
    selected: boolean | undefined;
    /** Why this person cannot delete, or null when they can. */
    deleteRefusal: string | null;
    /** Why this person cannot change it, or null when they can. */
    changeRefusal: string | null;
    onRename(title: string): void;
    onStatus(status: ItemStatus): void;
    onDelete(): void;
    onSelect(selected: boolean): void;
}

export function ItemRow({ item, projectName, owner, selected, deleteRefusal, changeRefusal, onRename, onStatus, onDelete, onSelect }: ItemRowProps) {
    const [renaming, setRenaming] = useState(false);
    const renameButton = useRef<HTMLButtonElement>(null);
    const updated = (
        <time dateTime={item.updated_at} title={formatDateTime(item.updated_at)}>
            {formatAge(item.updated_at)}
        </time>
    );
    // Beside the title on wide screens, under it on narrow ones; the style sheet shows one of the two.
    const status = changeRefusal === null ? <StatusSelect item={item} onStatus={onStatus} /> : <StatusBadge status={item.status} />;

    function finishRename(title: string | null) {
        setRenaming(false);
        if (title !== null && title !== item.title) {
            onRename(title);
        }
        requestAnimationFrame(() => renameButton.current?.focus());
    }

    const actions = (
        <div className="flex justify-end">
            <Refusable refusal={changeRefusal}>
                <IconButton
                    ref={renameButton}
                    label={words.rename(item.title)}
                    icon={<Pencil className="size-4" aria-hidden="true" />}
                    onClick={() => setRenaming(true)}
                />
            </Refusable>
            <Refusable refusal={deleteRefusal}>
                <IconButton
                    label={words.delete(item.title)}
                    icon={<Trash2 className="size-4" aria-hidden="true" />}
                    onClick={onDelete}
                    className="not-aria-disabled:hover:text-bad"
                />
            </Refusable>
        </div>
    );

    return (
        <tr className="group border-t border-line transition-colors first:border-t-0 hover:bg-sunken/60">
            {selected !== undefined && (
                <td className="py-2.5 pl-5">
                    <input
                        type="checkbox"
                        aria-label={words.select(item.title)}
                        checked={selected}
                        onChange={(event) => onSelect(event.target.checked)}
                        className="block size-5 accent-accent sm:size-4"
                    />
                </td>
            )}
            <td className="w-full max-w-0 py-2.5 pl-5">
                {renaming ? (
                    <RenameField item={item} onDone={finishRename} />
                ) : (
                    <div className="min-h-9 content-center">
                        <p translate="no" className="line-clamp-2 font-medium break-words text-ink sm:line-clamp-1" title={item.title}>
                            {item.title}
                        </p>
                        {item.description && (
                            <p translate="no" className="hidden truncate text-xs text-ink-soft sm:block">
                                {item.description}
                            </p>
                        )}
                        <div className="mt-1.5 flex items-center gap-2.5 text-xs text-ink-soft sm:hidden">
                            {status}
                            <span className="truncate">
                                {projectName && <span translate="no">{`${projectName}, `}</span>}
                                {updated}
                            </span>
                        </div>
                    </div>
                )}
            </td>
            <td className="hidden py-2.5 pl-5 sm:table-cell">{status}</td>
            <td className="hidden max-w-48 truncate py-2.5 pl-5 text-ink-soft sm:table-cell">{projectName ? <span translate="no">{projectName}</span> : words.withoutProject}</td>
            <td className="hidden max-w-36 truncate py-2.5 pl-5 text-ink-soft xl:table-cell">{owner}</td>
            <td className="hidden py-2.5 pl-5 whitespace-nowrap text-ink-soft tabular-nums md:table-cell">{updated}</td>
            <td className="py-2.5 pr-3 pl-2 sm:pl-5">
                {actions}
            </td>
        </tr>
    );
}

/** The badge is what is seen; the platform's select lies over it, so that keyboards and phones get what they know. */
function StatusSelect({ item, onStatus }: Pick<ItemRowProps, "item" | "onStatus">) {
    return (
        <span className="relative inline-flex rounded-full outline-offset-2 outline-accent has-focus-visible:outline-2">
            <StatusBadge status={item.status} />
            <select
                aria-label={words.statusOf(item.title)}
                value={item.status}
                onChange={(event) => onStatus(event.target.value as ItemStatus)}
                className="absolute inset-0 w-full cursor-pointer appearance-none opacity-0"
            >
                {itemStatuses.map((status) => (
                    <option key={status} value={status} className="bg-surface text-ink">
                        {statusWord(status)}
                    </option>
                ))}
            </select>
        </span>
    );
}

function RenameField({ item, onDone }: { item: Item; onDone(title: string | null): void }) {
    const input = useRef<HTMLInputElement>(null);
    const [title, setTitle] = useState(item.title);
    const finished = useRef(false);

    useEffect(() => input.current?.select(), []);

    function finish(result: string | null) {
        if (!finished.current) {
            finished.current = true;
            onDone(result);
        }
    }

    function onKeyDown(event: KeyboardEvent) {
        if (event.key === "Enter") {
            finish(title.trim() || null);
        } else if (event.key === "Escape") {
            finish(null);
        }
    }

    return (
        <input
            ref={input}
            aria-label={words.newTitleOf(item.title)}
            value={title}
            maxLength={200}
            onChange={(event) => setTitle(event.target.value)}
            onKeyDown={onKeyDown}
            onBlur={() => finish(title.trim() || null)}
            className={classNames(controlClasses, "h-9 font-medium")}
        />
    );
}
