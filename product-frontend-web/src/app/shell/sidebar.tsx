import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useState } from "react";
import { BrandMark } from "@/components/ui/brand-mark";
import { IconButton } from "@/components/ui/button";
import { classNames } from "@/lib/class-names";
import type { Role } from "@/lib/session/claims";
import { words } from "../words";
import { Navigation } from "./navigation";

const key = "pz.sidebar";

function storedCompact(): boolean {
    try {
        return localStorage.getItem(key) === "compact";
    } catch {
        return false;
    }
}

/** The navigation of wide screens; narrow ones open it from the top bar. */
export function Sidebar({ role, isDrawn }: { role: Role; isDrawn: boolean }) {
    const [compact, setCompact] = useState(storedCompact);

    function toggle() {
        setCompact(!compact);
        try {
            localStorage.setItem(key, compact ? "wide" : "compact");
        } catch {
            // The choice then lasts as long as the page.
        }
    }

    return (
        <div
            className={classNames(
                "sticky top-(--banner) hidden h-[calc(100dvh-var(--banner))] shrink-0 flex-col border-r border-line bg-surface transition-[width] duration-150 lg:flex",
                compact ? "w-16" : "w-60",
            )}
        >
            <div className={classNames("flex h-14 items-center gap-2.5 px-5", compact && "justify-center px-0")}>
                <BrandMark className="size-6 text-accent" />
                <span translate="no" className={compact ? "sr-only" : "text-[0.9375rem] font-semibold tracking-tight"}>Phase Zero</span>
            </div>
            <div className="flex-1 overflow-y-auto p-3">
                {isDrawn && <Navigation role={role} compact={compact} />}
            </div>
            <div className={classNames("flex p-3", compact ? "justify-center" : "justify-end")}>
                <IconButton
                    label={compact ? words.widenNavigation : words.narrowNavigation}
                    icon={compact ? <PanelLeftOpen className="size-4" /> : <PanelLeftClose className="size-4" />}
                    aria-expanded={!compact}
                    onClick={toggle}
                />
            </div>
        </div>
    );
}
