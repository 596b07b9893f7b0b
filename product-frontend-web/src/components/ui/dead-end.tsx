import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { common } from "@/lib/language/common";
import { buttonClasses } from "./button";
import { Card } from "./card";
import { EmptyState } from "./empty-state";
import { PageHeader } from "./page-header";

interface DeadEndProps {
    title: string;
    icon: ReactNode;
    /** Why it goes no further. */
    reason: string;
    text: string;
}

/** A page that shows nothing, says why, and leads back to the start. */
export function DeadEnd({ title, icon, reason, text }: DeadEndProps) {
    return (
        <>
            <PageHeader title={title} />
            <Card>
                <EmptyState
                    icon={icon}
                    title={reason}
                    text={text}
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
