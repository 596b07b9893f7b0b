import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { type Role, roleNames } from "@/lib/session/claims";

/** Says which role a page needs, so that people know whom to ask. */
export function ForbiddenPage({ needed, role }: { needed: readonly Role[]; role: Role }) {
    const names = new Intl.ListFormat("en", { type: "disjunction" }).format(needed.map((each) => roleNames[each]));
    return (
        <>
            <PageHeader title="Not for your role" />
            <Card>
                <EmptyState
                    icon={<Lock />}
                    title={`This page needs the role ${names}`}
                    text={`You are signed in as ${roleNames[role]}. If you need access, ask an administrator.`}
                    action={
                        <Link to="/" className={buttonClasses("primary")}>
                            Go to the start page
                        </Link>
                    }
                />
            </Card>
        </>
    );
}
