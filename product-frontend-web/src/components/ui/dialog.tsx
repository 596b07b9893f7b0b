import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { common } from "@/lib/language/common";
import { IconButton } from "./button";

interface DialogProps {
    open: boolean;
    onClose(): void;
    title: string;
    description?: ReactNode;
    children: ReactNode;
}

/** A modal dialog: focus is held inside and returned, Escape and the backdrop close it. */
export function Dialog({ open, onClose, title, description, children }: DialogProps) {
    const popup = useRef<HTMLDivElement>(null);
    // A form's first field, not the button that closes it, is where people want to be.
    const firstField = () => popup.current?.querySelector<HTMLElement>("input, select, textarea") ?? true;
    return (
        <Base.Root open={open} onOpenChange={(next) => !next && onClose()}>
            <Base.Portal>
                <Base.Backdrop className="fixed inset-0 z-40 bg-slate-950/50 backdrop-blur-[2px] transition-opacity duration-150 data-ending-style:opacity-0 data-starting-style:opacity-0" />
                <Base.Popup ref={popup} initialFocus={firstField} className="fixed inset-x-0 bottom-0 z-50 mx-auto max-h-[calc(92dvh-var(--banner))] w-full overflow-y-auto rounded-t-2xl border border-line bg-surface p-6 text-sm text-ink shadow-float transition duration-150 data-ending-style:translate-y-3 data-ending-style:opacity-0 data-starting-style:translate-y-3 data-starting-style:opacity-0 sm:top-[12dvh] sm:bottom-auto sm:max-w-lg sm:rounded-2xl">
                    <div className="mb-5 flex items-start justify-between gap-4">
                        <div>
                            <Base.Title className="text-lg font-semibold tracking-tight">{title}</Base.Title>
                            {description && (
                                <Base.Description className="mt-1 leading-relaxed text-ink-soft">
                                    {description}
                                </Base.Description>
                            )}
                        </div>
                        <Base.Close
                            render={
                                <IconButton label={common.close} icon={<X className="size-4" />} className="-mt-1 -mr-2" />
                            }
                        />
                    </div>
                    {children}
                </Base.Popup>
            </Base.Portal>
        </Base.Root>
    );
}
