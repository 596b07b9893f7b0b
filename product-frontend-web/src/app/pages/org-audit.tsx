import { getRouteApi } from "@tanstack/react-router";
import { AuditList } from "@/features/audit/components/audit-view";
import { words } from "../words";

const route = getRouteApi("/shell/admin/orgs/$id");

/** The platform's log, of one organization alone. Its own log is its admins' to read. */
export default function OrgAudit({ id }: { id: string }) {
    const { tab: _, period: _period, ...search } = route.useSearch();
    const navigate = route.useNavigate();
    return (
        <>
            <p className="mb-4 max-w-2xl leading-relaxed text-ink-soft">{words.orgAudit.text}</p>
            <AuditList
                log="platform"
                label={words.orgAudit.title}
                within={{ target: id }}
                search={search}
                onSearch={(next, replace = false) => void navigate({ search: { tab: "audit", ...next }, replace })}
            />
        </>
    );
}
