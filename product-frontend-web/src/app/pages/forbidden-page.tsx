import { Lock } from "lucide-react";
import { DeadEnd } from "@/components/ui/dead-end";
import { common } from "@/lib/language/common";
import { locale } from "@/lib/language/language";
import type { Role } from "@/lib/session/claims";
import { words } from "../words";

/** Says which role a page needs, so that people know whom to ask. */
export function ForbiddenPage({ needed, role }: { needed: readonly Role[]; role: Role }) {
    const names = new Intl.ListFormat(locale, { type: "disjunction" }).format(needed.map((each) => common.roles[each]));
    return (
        <DeadEnd
            title={words.forbidden.title}
            icon={<Lock />}
            reason={words.forbidden.needs(names)}
            text={words.forbidden.text(common.roles[role])}
        />
    );
}
