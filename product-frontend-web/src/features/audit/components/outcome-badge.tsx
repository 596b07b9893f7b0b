import { CircleCheck, CircleSlash, TriangleAlert } from "lucide-react";
import { classNames } from "@/lib/class-names";
import type { Outcome } from "../search";
import { words } from "../words";

const looks = {
    success: { icon: CircleCheck, colours: "bg-good-soft text-good" },
    refused: { icon: CircleSlash, colours: "bg-warn-soft text-warn" },
    failure: { icon: TriangleAlert, colours: "bg-bad-soft text-bad" },
} as const;

export function OutcomeBadge({ outcome }: { outcome: Outcome }) {
    const { icon: Icon, colours } = looks[outcome];
    return (
        <span className={classNames("inline-flex h-6 items-center gap-1.5 rounded-full px-2.5 text-xs font-medium whitespace-nowrap", colours)}>
            <Icon className="size-3.5" aria-hidden="true" />
            {words.outcomes[outcome]}
        </span>
    );
}
