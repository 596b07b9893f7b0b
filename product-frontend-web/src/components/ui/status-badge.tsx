import { Archive, CircleCheck, CircleDot, CirclePause, CircleSlash, Clock, Sparkles } from "lucide-react";
import type { ComponentType } from "react";
import { classNames } from "@/lib/class-names";

type Look = { word: string; icon: ComponentType<{ className?: string }>; colours: string };

const neutral = "bg-line/60 text-ink-soft";
const good = "bg-good-soft text-good";
const warn = "bg-warn-soft text-warn";
const bad = "bg-bad-soft text-bad";
const info = "bg-info-soft text-info";

// Colour is never alone: every state has its word and its own icon.
const looks: Record<string, Look> = {
    open: { word: "Open", icon: CircleDot, colours: info },
    done: { word: "Done", icon: CircleCheck, colours: good },
    archived: { word: "Archived", icon: Archive, colours: neutral },
    provisioning: { word: "Provisioning", icon: Clock, colours: neutral },
    trial: { word: "Trial", icon: Sparkles, colours: info },
    active: { word: "Active", icon: CircleCheck, colours: good },
    read_only: { word: "Read-only", icon: CirclePause, colours: warn },
    suspended: { word: "Suspended", icon: CircleSlash, colours: bad },
    deletion_scheduled: { word: "Deletion scheduled", icon: Clock, colours: warn },
    deleting: { word: "Deleting", icon: Clock, colours: bad },
    deleted: { word: "Deleted", icon: CircleSlash, colours: neutral },
};

export function statusWord(status: string): string {
    return looks[status]?.word ?? status;
}

export function StatusBadge({ status, className }: { status: string; className?: string }) {
    const { word, icon: Icon, colours } = looks[status] ?? { word: status, icon: CircleDot, colours: neutral };
    return (
        <span
            className={classNames(
                "inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium whitespace-nowrap",
                colours,
                className,
            )}
        >
            <Icon className="size-3.5" aria-hidden="true" />
            {word}
        </span>
    );
}
