import { common } from "@/lib/language/common";
import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";

export interface Difference {
    label: string;
    mine: string;
    theirs: string;
}

interface ConflictDialogProps {
    /** What has changed, for example "These settings". */
    what: string;
    differences: Difference[];
    onKeepMine(): void;
    onTakeTheirs(): void;
}

/** Somebody else saved a change first (412): both versions of each field that differs, and a choice. */
export default function ConflictDialog({ what, differences, onKeepMine, onTakeTheirs }: ConflictDialogProps) {
    return (
        <Dialog
            open
            onClose={onTakeTheirs}
            title={common.conflict.title(what)}
            description={common.conflict.text}
        >
            <table className="w-full table-fixed text-left">
                <thead className="text-xs text-ink-soft">
                    <tr>
                        <th scope="col" className="w-1/4 pb-2 font-medium">
                            <span className="sr-only">{common.conflict.field}</span>
                        </th>
                        <th scope="col" className="pb-2 pl-3 font-medium">
                            {common.conflict.mine}
                        </th>
                        <th scope="col" className="pb-2 pl-3 font-medium">
                            {common.conflict.saved}
                        </th>
                    </tr>
                </thead>
                <tbody>
                    {differences.map(({ label, mine, theirs }) => (
                        <tr key={label} className="border-t border-line align-top">
                            <th scope="row" className="py-2.5 text-xs font-medium text-ink-soft">
                                {label}
                            </th>
                            <td translate="no" className="py-2.5 pl-3 font-medium break-words">{mine || common.conflict.nothing}</td>
                            <td translate="no" className="py-2.5 pl-3 font-medium break-words">{theirs || common.conflict.nothing}</td>
                        </tr>
                    ))}
                </tbody>
            </table>
            <div className="mt-6 flex flex-wrap justify-end gap-2">
                <Button onClick={onTakeTheirs}>{common.conflict.takeSaved}</Button>
                <Button tone="primary" onClick={onKeepMine}>
                    {common.conflict.keepMine}
                </Button>
            </div>
        </Dialog>
    );
}
