import { Archive, Ban, CircleCheck, CircleDot, CirclePause, CircleSlash, Clock, Hourglass, Sparkles } from "lucide-react";
import type { ComponentType } from "react";
import { classNames } from "@/lib/class-names";
import { common, wordFor } from "@/lib/language/common";

type Look = { icon: ComponentType<{ className?: string }>; colours: string };

const neutral = "bg-line/60 text-ink-soft";
const good = "bg-good-soft text-good";
const warn = "bg-warn-soft text-warn";
const bad = "bg-bad-soft text-bad";
const info = "bg-info-soft text-info";

// Colour is never alone: every state has its word and its own icon.
const looks: Record<string, Look> = {
    open: { icon: CircleDot, colours: info },
    done: { icon: CircleCheck, colours: good },
    archived: { icon: Archive, colours: neutral },
    disabled: { icon: Ban, colours: neutral },
    pending: { icon: Hourglass, colours: warn },
    denied: { icon: Ban, colours: neutral },
    ended: { icon: CircleCheck, colours: neutral },
    idle: { icon: Clock, colours: neutral },
    expired: { icon: Clock, colours: neutral },
    next: { icon: Clock, colours: info },
    retiring: { icon: CirclePause, colours: warn },
    retired: { icon: Archive, colours: neutral },
    revoked: { icon: Ban, colours: neutral },
    provisioning: { icon: Clock, colours: neutral },
    trial: { icon: Sparkles, colours: info },
    active: { icon: CircleCheck, colours: good },
    read_only: { icon: CirclePause, colours: warn },
    suspended: { icon: CircleSlash, colours: bad },
    deletion_scheduled: { icon: Clock, colours: warn },
    deleting: { icon: Clock, colours: bad },
    deleted: { icon: CircleSlash, colours: neutral },
};

export function statusWord(status: string): string {
    return wordFor(common.statuses, status);
}

export function StatusBadge({ status, className }: { status: string; className?: string }) {
    const { icon: Icon, colours } = looks[status] ?? { icon: CircleDot, colours: neutral };
    return (
        <span
            className={classNames(
                "inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium whitespace-nowrap",
                colours,
                className,
            )}
        >
            <Icon className="size-3.5" aria-hidden="true" />
            {statusWord(status)}
        </span>
    );
}
