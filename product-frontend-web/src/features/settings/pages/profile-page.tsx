import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { CopyButton } from "@/components/ui/copy-button";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { type Me, meQuery } from "@/lib/api/me";
import { common } from "@/lib/language/common";
import { Section } from "../components/section";
import { SettingsFrame } from "../components/settings-frame";
import { words as settingWords } from "../words";

const words = settingWords.profile;

// The libraries of forms are as large as the rest of the page: it is there before them.
const NameForm = lazy(() => import("../components/name-form"));

export function ProfilePage() {
    const me = useQuery(meQuery);
    return (
        <SettingsFrame title={words.title} intro={words.intro}>
            <QueryView query={me} skeleton={<SkeletonRows rows={4} label={words.loading} />}>
                {(known) => (
                    <>
                        <Section title={words.who}>
                            <Suspense fallback={<SkeletonRows rows={3} label={words.loading} />}>
                                <NameForm me={known} />
                            </Suspense>
                        </Section>
                        <Memberships me={known} />
                    </>
                )}
            </QueryView>
        </SettingsFrame>
    );
}

function Memberships({ me }: { me: Me }) {
    return (
        <Section
            title={words.organizations}
            text={me.memberships.length > 1 ? words.organizationsText : undefined}
        >
            <ul className="divide-y divide-line">
                {me.memberships.map(({ tenant_id, name, slug, role }) => (
                    <li key={tenant_id} className="flex flex-wrap items-center gap-x-4 gap-y-1 px-5 py-3">
                        <div className="min-w-0 flex-1">
                            <p className="truncate font-medium">
                                <span translate="no">{name}</span>
                                {tenant_id === me.tenant.id && me.memberships.length > 1 && (
                                    <span className="ml-2 text-xs font-normal text-ink-soft">{words.here}</span>
                                )}
                            </p>
                            <p translate="no" className="truncate font-mono text-xs text-ink-soft">
                                {slug}
                            </p>
                        </div>
                        <p className="text-ink-soft">{common.roles[role]}</p>
                    </li>
                ))}
                <li className="flex items-center gap-2 px-5 py-3 text-ink-soft">
                    <span className="whitespace-nowrap">{words.yourId}</span>
                    <code className="ml-auto min-w-0 truncate font-mono text-xs">{me.person.id}</code>
                    <CopyButton text={me.person.id} label={words.copyId} className="-mr-2 size-8" />
                </li>
            </ul>
        </Section>
    );
}
