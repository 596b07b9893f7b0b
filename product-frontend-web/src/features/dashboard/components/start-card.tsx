import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, CircleDashed } from "lucide-react";
import type { ReactElement } from "react";
import { Card } from "@/components/ui/card";
import { mfaQuery } from "@/lib/api/mfa";
import { session } from "@/lib/session/browser-session";
import { orgQuery, type Usage } from "../api";
import { words } from "../words";

/** What a new organization does first. It goes when somebody else is there, or invited, and there is something to work on. */
export function StartCard({ usage }: { usage: Usage }) {
    const org = useQuery(orgQuery);
    const mfa = useQuery(mfaQuery);
    const isAdmin = session.identity()?.role === "admin";
    const alone = usage.members + usage.invited <= 1;
    if (usage.items > 0 && !alone) {
        return null;
    }
    return (
        <Card className="col-span-2 lg:col-span-4" aria-labelledby="start">
            <div className="border-b border-line px-5 py-4">
                <h2 id="start" className="font-semibold">
                    {words.start.title}
                </h2>
                <p className="mt-1 text-ink-soft">{words.start.text}</p>
            </div>
            <ul className="divide-y divide-line">
                <Step done={usage.items > 0} link={<Link to="/items">{words.start.item}</Link>} />
                {isAdmin && <Step done={!alone} link={<Link to="/members">{words.start.invite}</Link>} />}
                {isAdmin && (
                    <Step done={Boolean(org.data?.contact_email)} link={<Link to="/settings/organization">{words.start.contact}</Link>} />
                )}
                <Step done={Boolean(mfa.data?.enabled)} link={<Link to="/settings/security">{words.start.secondFactor}</Link>} />
            </ul>
        </Card>
    );
}

function Step({ done, link }: { done: boolean; link: ReactElement }) {
    const Icon = done ? CircleCheck : CircleDashed;
    return (
        <li className="flex items-center gap-3 px-5 py-3 [&_a]:font-medium [&_a]:underline-offset-4 [&_a:hover]:underline">
            <Icon className={done ? "size-5 shrink-0 text-good" : "size-5 shrink-0 text-ink-soft"} aria-hidden="true" />
            <span className={done ? "min-w-0 text-ink-soft line-through" : "min-w-0"}>{link}</span>
            <span className={done ? "ml-auto text-xs text-good" : "ml-auto text-xs text-ink-soft"}>{done ? words.start.done : words.start.toDo}</span>
        </li>
    );
}
