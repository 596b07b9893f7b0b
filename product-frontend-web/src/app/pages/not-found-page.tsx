import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";

export function NotFoundPage() {
    return (
        <>
            <PageHeader title="Page not found" />
            <Card>
                <EmptyState
                    icon={<Compass />}
                    title="There is no page at this address"
                    text="The link may be old, or a letter may be missing from it."
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
