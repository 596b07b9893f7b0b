import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { StatusBadge } from "@/components/ui/status-badge";
import { formatDateTime } from "@/lib/format";
import type { Item, ItemChange } from "../api";
import { words } from "../words";

interface ConflictDialogProps {
    /** What the person wanted. */
    wanted: ItemChange;
    /** What the server has now. */
    current: Item;
    onKeepMine(): void;
    onTakeTheirs(): void;
}

/** Somebody else changed the item first (412): both versions, and a choice. */
export default function ConflictDialog({ wanted, current, onKeepMine, onTakeTheirs }: ConflictDialogProps) {
    const mine = { ...wanted.item, ...(wanted.change as Partial<Item>) };
    return (
        <Dialog
            open
            onClose={onTakeTheirs}
            title={words.conflict.title}
            description={words.conflict.text(formatDateTime(current.updated_at))}
        >
            <div className="grid gap-3 sm:grid-cols-2">
                <Version heading={words.conflict.mine} item={mine} />
                <Version heading={words.conflict.saved} item={current} />
            </div>
            <div className="mt-6 flex flex-wrap justify-end gap-2">
                <Button onClick={onTakeTheirs}>{words.conflict.takeSaved}</Button>
                <Button tone="primary" onClick={onKeepMine}>
                    {words.conflict.keepMine}
                </Button>
            </div>
        </Dialog>
    );
}

function Version({ heading, item }: { heading: string; item: Item }) {
    return (
        <section className="rounded-xl border border-line p-4">
            <h3 className="text-xs font-semibold text-ink-soft">{heading}</h3>
            <p translate="no" className="mt-2 font-medium break-words">{item.title}</p>
            <StatusBadge status={item.status} className="mt-2" />
        </section>
    );
}
