import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { ArrowLeft, TriangleAlert } from "lucide-react";
import { lazy, type ReactNode, Suspense, useState } from "react";
import { Card } from "@/components/ui/card";
import { CopyButton } from "@/components/ui/copy-button";
import { PageHeader } from "@/components/ui/page-header";
import { QueryView } from "@/components/ui/query-view";
import { SkeletonRows } from "@/components/ui/skeleton";
import { StatusBadge } from "@/components/ui/status-badge";
import { formatDate } from "@/lib/format";
import { type OrgDetail, orgQuery } from "../api";
import { OrgOverview } from "../components/org-overview";
import { OrgUsage } from "../components/org-usage";
import { type OrgTab, orgTabs, validateOrgPageSearch } from "../search";
import type { Step } from "../steps";
import { words } from "../words";

const OrgMembers = lazy(() => import("../components/org-members"));
const OrgSettings = lazy(() => import("../components/org-settings"));
const StepDialog = lazy(() => import("../components/step-dialog"));

const route = getRouteApi("/shell/admin/orgs/$id");

/** `audit`: what staff did to it, which another feature shows. */
export function OrgPage({ audit }: { audit: ReactNode }) {
    const { id } = route.useParams();
    const { tab = "overview", period = "month" } = route.useSearch();
    const navigate = route.useNavigate();
    const org = useQuery(orgQuery(id));
    const [step, setStep] = useState<Step | null>(null);
    return (
        <>
            <Link
                to="/admin/orgs"
                className="mb-3 inline-flex items-center gap-1.5 text-xs font-medium text-ink-soft underline-offset-4 hover:text-ink hover:underline"
            >
                <ArrowLeft className="size-3.5" aria-hidden="true" />
                {words.detail.back}
            </Link>
            <PageHeader
                title={org.data?.name ?? words.title}
                isName={org.data !== undefined}
                intro={org.data && <Identity org={org.data} />}
                actions={org.data && <StatusBadge status={org.data.state} />}
            />
            {org.data && <StateBanner org={org.data} />}
            <Tabs current={tab} />
            <QueryView
                query={org}
                skeleton={
                    <Card>
                        <SkeletonRows rows={6} label={words.detail.loading} />
                    </Card>
                }
            >
                {(data) => (
                    <>
                        {tab === "overview" && <OrgOverview org={data} />}
                        {tab === "usage" && (
                            <OrgUsage org={data} period={period} onPeriod={(next) => void navigate({ search: validateOrgPageSearch({ tab, period: next }) })} />
                        )}
                        <Suspense>
                            {tab === "members" && <OrgMembers org={data} />}
                            {tab === "audit" && audit}
                            {tab === "settings" && <OrgSettings org={data} onStep={setStep} />}
                        </Suspense>
                        <Suspense>{step && <StepDialog org={data} step={step} onClose={() => setStep(null)} />}</Suspense>
                    </>
                )}
            </QueryView>
        </>
    );
}

function Identity({ org }: { org: OrgDetail }) {
    return (
        <span translate="no" className="flex flex-wrap items-center gap-x-3 font-mono text-xs">
            {org.slug}
            <span className="flex items-center gap-0.5">
                <span className="break-all">{org.id}</span>
                <CopyButton text={org.id} label={words.copyIdOf(org.name)} className="size-8" />
            </span>
        </span>
    );
}

/** What the organization's state means for its people, where that is not what everybody expects. */
function StateBanner({ org }: { org: OrgDetail }) {
    const { banner } = words.detail;
    const texts: Partial<Record<OrgDetail["state"], ReactNode>> = {
        suspended: banner.suspended,
        read_only: banner.read_only,
        deleting: banner.deleting,
        deleted: banner.deleted,
        deletion_scheduled: org.deletion_due_at && banner.deletion_scheduled(<time dateTime={org.deletion_due_at}>{formatDate(org.deletion_due_at)}</time>),
    };
    const text = texts[org.state];
    if (!text) {
        return null;
    }
    return (
        <p role="status" className="mb-5 flex items-start gap-2.5 rounded-xl bg-warn-soft px-4 py-3 leading-relaxed font-medium text-warn">
            <TriangleAlert className="mt-0.5 size-4 shrink-0" aria-hidden="true" />
            <span>{text}</span>
        </p>
    );
}

function Tabs({ current }: { current: OrgTab }) {
    const names: Record<OrgTab, string> = {
        overview: words.detail.overview,
        members: words.members,
        usage: words.detail.usage,
        audit: words.detail.audit,
        settings: words.detail.settings,
    };
    return (
        <nav aria-label={words.detail.tabs} className="mb-5 border-b border-line">
            <ul className="flex flex-wrap gap-1">
                {orgTabs.map((tab) => (
                    <li key={tab}>
                        <Link
                            from="/admin/orgs/$id"
                            to="."
                            search={tab === "overview" ? {} : { tab }}
                            activeOptions={{ exact: true, includeSearch: true }}
                            // The address may hold more than the tab: a period, or filters.
                            aria-current={tab === current ? "page" : undefined}
                            className="inline-flex h-10 items-center border-b-2 border-transparent px-3 font-medium whitespace-nowrap text-ink-soft outline-offset-[-2px] hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
                        >
                            {names[tab]}
                        </Link>
                    </li>
                ))}
            </ul>
        </nav>
    );
}
