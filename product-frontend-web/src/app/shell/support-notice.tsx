import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, LifeBuoy } from "lucide-react";
import { openSupportQuery } from "@/lib/api/support-access";
import { words } from "../words";

/** Tells an organization's admins, on every page, that somebody of the platform is in, or asks to be. */
export default function SupportNotice() {
    const { data: sessions = [] } = useQuery(openSupportQuery);
    const waiting = sessions.filter(({ state }) => state === "pending").length;
    const inside = sessions.length - waiting;
    const first = sessions[0];
    return (
        // Always there, so that readers announce what appears in it.
        <div role="status">
            {first && (
                <p className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-view px-4 py-2 text-view-ink sm:px-6">
                    <LifeBuoy className="size-4 shrink-0" aria-hidden="true" />
                    <span className="min-w-0 flex-1 font-medium">
                        {inside > 0 && words.supportNotice.inside(inside)} {waiting > 0 && words.supportNotice.waiting(waiting)}
                    </span>
                    <Link
                        to="/settings/support-access"
                        className="inline-flex items-center gap-1 font-semibold underline underline-offset-4 focus-visible:outline-view-ink"
                    >
                        {waiting > 0 ? words.supportNotice.answer : words.supportNotice.look}
                        <ArrowRight className="size-4" aria-hidden="true" />
                    </Link>
                </p>
            )}
        </div>
    );
}
