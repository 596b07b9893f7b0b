import { Dialog } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import { BrandMark } from "@/components/ui/brand-mark";
import { IconButton } from "@/components/ui/button";
import type { Role } from "@/lib/session/claims";
import { words } from "../words";
import { Navigation } from "./navigation";

/** The navigation of narrow screens. Loaded when it is first opened, as wide screens never need it. */
export default function NavigationDrawer({ role, onClose }: { role: Role; onClose(): void }) {
    return (
        <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
            <Dialog.Portal>
                <Dialog.Backdrop className="fixed inset-0 z-40 bg-slate-950/50 transition-opacity duration-150 data-starting-style:opacity-0" />
                <Dialog.Popup className="fixed inset-y-0 left-0 z-50 w-72 max-w-[85vw] border-r border-line bg-surface p-3 text-sm text-ink shadow-float transition-transform duration-150 data-starting-style:-translate-x-full">
                    <div className="mb-3 flex h-10 items-center gap-2.5 pl-3">
                        <BrandMark className="size-6 text-accent" />
                        <Dialog.Title translate="no" className="font-semibold tracking-tight">Phase Zero</Dialog.Title>
                        <Dialog.Close
                            render={
                                <IconButton
                                    label={words.closeNavigation}
                                    icon={<X className="size-4" />}
                                    className="ml-auto"
                                />
                            }
                        />
                    </div>
                    <Navigation role={role} onNavigate={onClose} />
                </Dialog.Popup>
            </Dialog.Portal>
        </Dialog.Root>
    );
}
