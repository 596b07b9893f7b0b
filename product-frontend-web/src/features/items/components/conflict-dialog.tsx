import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { StatusBadge } from "@/components/ui/status-badge";
import { formatDateTime } from "@/lib/format";
import type { Item, ItemChange } from "../api";

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
            title="This item has changed"
            description={`Somebody else saved a change on ${formatDateTime(current.updated_at)}, after you opened the item.`}
        >
            <div className="grid gap-3 sm:grid-cols-2">
                <Version heading="Your version" item={mine} />
                <Version heading="Saved version" item={current} />
            </div>
            <div className="mt-6 flex flex-wrap justify-end gap-2">
                <Button onClick={onTakeTheirs}>Take the saved one</Button>
                <Button tone="primary" onClick={onKeepMine}>
                    Keep mine
                </Button>
            </div>
        </Dialog>
    );
}

function Version({ heading, item }: { heading: string; item: Item }) {
    return (
        <section className="rounded-xl border border-line p-4">
            <h3 className="text-xs font-semibold text-ink-soft">{heading}</h3>
            <p className="mt-2 font-medium break-words">{item.title}</p>
            <StatusBadge status={item.status} className="mt-2" />
        </section>
    );
}
