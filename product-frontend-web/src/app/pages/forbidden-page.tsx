import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { common } from "@/lib/language/common";
import { locale } from "@/lib/language/language";
import type { Role } from "@/lib/session/claims";
import { words } from "../words";

/** Says which role a page needs, so that people know whom to ask. */
export function ForbiddenPage({ needed, role }: { needed: readonly Role[]; role: Role }) {
    const names = new Intl.ListFormat(locale, { type: "disjunction" }).format(needed.map((each) => common.roles[each]));
    return (
        <>
            <PageHeader title={words.forbidden.title} />
            <Card>
                <EmptyState
                    icon={<Lock />}
                    title={words.forbidden.needs(names)}
                    text={words.forbidden.text(common.roles[role])}
                    action={
                        <Link to="/" className={buttonClasses("primary")}>
                            {common.goToStart}
                        </Link>
                    }
                />
            </Card>
        </>
    );
}
