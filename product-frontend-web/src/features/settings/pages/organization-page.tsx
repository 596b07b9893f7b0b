import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { ArchiveExport } from "@/components/archive/archive-export";
import { words as archiveWords } from "@/components/archive/words";
import { CopyButton } from "@/components/ui/copy-button";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import { formatDate } from "@/lib/format";
import { common } from "@/lib/language/common";
import { session, supportView } from "@/lib/session/browser-session";
import { type Org, orgQuery } from "../api";
import { Section } from "../components/section";
import { SettingsFrame } from "../components/settings-frame";
import { words as settingWords } from "../words";

const words = settingWords.organization;

// The libraries of forms are as large as the rest of the page: it is there before them.
const OrgForm = lazy(() => import("../components/org-form"));

export function OrganizationPage() {
    const org = useQuery(orgQuery);
    return (
        <SettingsFrame title={words.title} intro={words.intro}>
            <QueryView query={org} skeleton={<SkeletonRows rows={6} label={words.loading} />}>
                {(known) => (
                    <>
                        {session.identity()?.role === "admin" ? (
                            <Section title={settingWords.settings} text={words.text}>
                                <Suspense fallback={<SkeletonRows rows={6} label={words.loading} />}>
                                    <OrgForm org={known} />
                                </Suspense>
                            </Section>
                        ) : (
                            <OrgFacts org={known} />
                        )}
                        <Identity org={known} />
                        {session.identity()?.role === "admin" && !supportView && (
                            <Section title={archiveWords.title}>
                                <ArchiveExport slug={known.slug} />
                            </Section>
                        )}
                    </>
                )}
            </QueryView>
        </SettingsFrame>
    );
}

const factClasses = "grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-3.5 p-5 [&_dd]:text-right [&_dt]:text-ink-soft";

function OrgFacts({ org }: { org: Org }) {
    return (
        <Section title={settingWords.settings} text={words.readOnlyText}>
            <dl className={factClasses}>
                <dt>{settingWords.name}</dt>
                <dd translate="no" className="font-medium break-words">
                    {org.name}
                </dd>
                <dt>{words.contact}</dt>
                <dd className="font-medium break-all">
                    {org.contact_email ? <span translate="no">{org.contact_email}</span> : words.noContact}
                </dd>
                <dt>{words.timeZone}</dt>
                <dd translate="no" className="font-medium">
                    {org.time_zone.replaceAll("_", " ")}
                </dd>
            </dl>
        </Section>
    );
}

function Identity({ org }: { org: Org }) {
    return (
        <Section title={words.platform} text={words.platformText}>
            <dl className={factClasses}>
                <dt>{words.shortName}</dt>
                <dd translate="no" className="font-mono text-xs">{org.slug}</dd>
                <dt>{words.plan}</dt>
                <dd translate="no" className="font-medium capitalize">{org.plan}</dd>
                <dt>{common.state}</dt>
                <dd>
                    <StatusBadge status={org.state} />
                </dd>
                <dt>{words.since}</dt>
                <dd className="tabular-nums">
                    <time dateTime={org.created_at}>{formatDate(org.created_at)}</time>
                </dd>
                <dt>{words.id}</dt>
                <dd className="-my-1.5 flex min-w-0 items-center justify-end gap-1 font-mono text-xs">
                    <span translate="no" className="truncate">
                        {org.id}
                    </span>
                    <CopyButton text={org.id} label={words.copyId} className="-mr-2 size-8" />
                </dd>
            </dl>
        </Section>
    );
}
