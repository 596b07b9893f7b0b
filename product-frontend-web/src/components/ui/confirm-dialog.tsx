import type { ReactNode } from "react";
import { common } from "@/lib/language/common";
import { Button, type ButtonTone } from "./button";
import { Dialog } from "./dialog";

interface ConfirmDialogProps {
    title: string;
    /** What will happen, and whether it can be undone. */
    description: ReactNode;
    /** The button's words: the act itself, not "OK". */
    action: string;
    tone?: ButtonTone;
    busy: boolean;
    onConfirm(): void;
    onClose(): void;
    children?: ReactNode;
}

/** Asks before something that cannot be undone, or that somebody else will notice. */
export function ConfirmDialog({ title, description, action, tone = "danger", busy, onConfirm, onClose, children }: ConfirmDialogProps) {
    return (
        <Dialog open onClose={onClose} title={title} description={description}>
            {children}
            <div className="flex flex-wrap justify-end gap-2">
                <Button onClick={onClose}>{common.cancel}</Button>
                <Button tone={tone} busy={busy} onClick={onConfirm}>
                    {action}
                </Button>
            </div>
        </Dialog>
    );
}
