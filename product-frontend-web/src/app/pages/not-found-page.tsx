import { Link } from "@tanstack/react-router";
import { Compass } from "lucide-react";
import { buttonClasses } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { EmptyState } from "@/components/ui/empty-state";
import { PageHeader } from "@/components/ui/page-header";
import { common } from "@/lib/language/common";
import { words } from "../words";

export function NotFoundPage() {
    return (
        <>
            <PageHeader title={words.notFound.title} />
            <Card>
                <EmptyState
                    icon={<Compass />}
                    title={words.notFound.nothingHere}
                    text={words.notFound.text}
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
