import { Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { common } from "@/lib/language/common";
import { words } from "../words";

/** A page that no support session reaches, whatever its mode. */
export function CeilingPage() {
    return (
        <>
            <PageHeader title={words.ceiling.title} />
            <Card>
                <EmptyState
                    icon={<Lock />}
                    title={words.ceiling.never}
                    text={words.ceiling.text}
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
