import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { formatCount, formatDateTime } from "@/lib/format";
import type { OrgDetail, RegisteredOrgUpdate } from "../api";
import { words } from "../words";

interface OrgConflictDialogProps {
    /** What the person wanted. */
    change: RegisteredOrgUpdate;
    /** What the service has now. */
    current: OrgDetail;
    onKeepMine(): void;
    onTakeSaved(): void;
}

function shown(value: string | number | null | undefined): string {
    return typeof value === "number" ? formatCount(value) : (value ?? words.conflict.none);
}

/** Somebody else changed the organization first (412): what differs, and a choice. */
export function OrgConflictDialog({ change, current, onKeepMine, onTakeSaved }: OrgConflictDialogProps) {
    const names: Record<keyof RegisteredOrgUpdate, string> = {
        name: words.name,
        plan: words.plan,
        item_limit: words.detail.itemLimit,
        member_limit: words.detail.memberLimit,
        request_limit: words.detail.requestLimit,
    };
    return (
        <Dialog open onClose={onTakeSaved} title={words.conflict.title} description={words.conflict.text(formatDateTime(current.updated_at))}>
            <table className="w-full text-left">
                <thead className="text-xs text-ink-soft">
                    <tr>
                        {[words.conflict.field, words.conflict.mine, words.conflict.saved].map((heading) => (
                            <th key={heading} scope="col" className="py-2 pr-3 font-medium">
                                {heading}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {(Object.keys(change) as (keyof RegisteredOrgUpdate)[]).map((field) => (
                        <tr key={field} className="border-t border-line">
                            <th scope="row" className="py-2.5 pr-3 font-medium">
                                {names[field]}
                            </th>
                            <td className="py-2.5 pr-3 break-words">{shown(change[field])}</td>
                            <td className="py-2.5 break-words">{shown(current[field])}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            <div className="mt-6 flex flex-wrap justify-end gap-2">
                <Button onClick={onTakeSaved}>{words.conflict.takeSaved}</Button>
                <Button tone="primary" onClick={onKeepMine}>
                    {words.conflict.keepMine}
                </Button>
            </div>
        </Dialog>
    );
}
