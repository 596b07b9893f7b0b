import { Trash2 } from "lucide-react";
import { Button } from "@/components/ui/button";
import { words } from "../words";

interface SelectionBarProps {
    count: number;
    busy: boolean;
    onSelectPage(): void;
    onSelectNone(): void;
    onDelete(): void;
}

/** What can be done with the rows that are chosen. */
export function SelectionBar({ count, busy, onSelectPage, onSelectNone, onDelete }: SelectionBarProps) {
    return (
        <div className="flex flex-wrap items-center gap-x-2 gap-y-1 border-b border-line bg-accent-soft px-5 py-2 text-accent-soft-ink">
            <p role="status" className="mr-auto font-medium tabular-nums">
                {words.selected(count)}
            </p>
            <Button tone="quiet" className="h-9 px-3" onClick={onSelectPage}>
                {words.selectPage}
            </Button>
            <Button tone="quiet" className="h-9 px-3" onClick={onSelectNone}>
                {words.selectNone}
            </Button>
            <Button tone="danger" className="h-9 px-3" busy={busy} onClick={onDelete}>
                <Trash2 className="size-4" aria-hidden="true" />
                {words.deleteSelected}
            </Button>
        </div>
    );
}
